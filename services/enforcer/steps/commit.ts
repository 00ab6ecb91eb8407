import { sameConfig } from '../config-hash.ts';
import { canonicalLines } from '../config-sections.ts';
import type { DeviceConnection } from '../driver.ts';
import { DriverError, isConnectionLost } from '../driver.ts';
import type { Journal } from '../journal.ts';
import type { Line } from '../line.ts';
import { switchTo } from '../line.ts';
import { PushEnded } from '../outcome.ts';
import { redactLine } from '../redact.ts';
import type { Prepared } from './prepare.ts';

export type Committed =
  /** The switch shows the candidate and keeps it. */
  | { state: 'confirmed'; running: string }
  /** Somebody changed the configuration since the session was opened. Nothing was committed. */
  | { state: 'changed' }
  /** The switch refused, or did not show what it should; proved to be as before. */
  | { state: 'failed'; message: string };

export interface Committing {
  line: Line;
  journal: Journal;
  prepared: Prepared;
  /** Seconds after which the switch reverts by itself. */
  timer: number;
  pass(): Promise<unknown>;
}

/**
 * Push steps 9 to 11: the same configuration as at the load still, commit under a timer, verify on a new connection,
 * confirm by name.
 * @throws PushEnded when the switch had to be asked what became of it, or cannot be asked; FenceLost
 */
export async function commit(committing: Committing): Promise<Committed> {
  const { line, journal, prepared, timer, pass } = committing;
  const { session, before } = prepared;
  // The commit writes the whole session over whatever is there (devices.md 1.1): last look before it.
  if (!sameConfig(await line.current.runningConfig(), before)) return { state: 'changed' };
  await pass();
  try {
    await journal.step(
      'commit',
      () => line.current.commit(session, timer),
      () => ({
        message: `Committed, reverts in ${timer} s unless confirmed`,
        session,
      }),
    );
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    if (isConnectionLost(error)) return recover(committing, false, error);
    await retreat(committing);
    if (error.kind === 'limit') throw new PushEnded('busy', error.message, { cause: error });
    return { state: 'failed', message: error.message };
  }

  let fresh: DeviceConnection | undefined;
  let running = '';
  let failure: string | undefined;
  try {
    // A line may be lost by chance; a change that cuts the platform off loses the second one too.
    ({ fresh, running } = await look(committing).catch((error: unknown) => {
      if (!isConnectionLost(error)) throw error;
      return look(committing);
    }));
    failure = difference(running, prepared.print);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    failure = `After the commit the switch did not answer: ${error.message}`;
  }
  if (failure !== undefined || fresh === undefined) {
    fresh?.close();
    const message = failure ?? 'No new connection';
    if (!(await retreat(committing))) throw takenBack(message);
    return { state: 'failed', message };
  }
  switchTo(line, fresh);
  try {
    await pass();
  } catch (error) {
    // By name, and only ours: if a successor was here, there is nothing left to abort. If it is the API server that
    // is away, the switch need not wait for its timer either.
    await fresh.abort(session).catch(() => undefined);
    throw error;
  }
  try {
    await journal.step(
      'confirm',
      () => line.current.confirm(session),
      () => ({ message: 'Confirmed', session }),
    );
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    if (isConnectionLost(error)) return recover(committing, true, error);
    if (!(await retreat(committing))) throw takenBack(error.message);
    return { state: 'failed', message: error.message };
  }
  return { state: 'confirmed', running };
}

/** Reads the running configuration over a new connection. */
async function look({ line, journal }: Committing): Promise<{ fresh: DeviceConnection; running: string }> {
  const fresh = await journal.step(
    'reconnect',
    () => line.connect(),
    () => ({ message: 'Switch answers on a new connection' }),
  );
  try {
    return { fresh, running: await fresh.runningConfig() };
  } catch (error) {
    fresh.close();
    throw error;
  }
}

/**
 * Aborts by name and proves that the switch is as it was; over the open connection, else over a new one.
 * @returns whether the commit was still waiting for its confirm
 */
async function retreat(committing: Committing): Promise<boolean> {
  const { line, prepared, journal } = committing;
  let armed = false;
  await journal.step('roll-back', async () => {
    const back = async (): Promise<void> => {
      armed ||= (await line.current.sessions()).timer === prepared.session;
      await line.current.abort(prepared.session);
      if (!sameConfig(await line.current.runningConfig(), prepared.before)) {
        throw new PushEnded('uncertain', 'The commit was aborted, but the switch is not as it was before');
      }
    };
    try {
      await back();
    } catch (error) {
      if (!isConnectionLost(error)) throw uncertain(error);
      try {
        switchTo(line, await line.connect());
        await back();
      } catch (second) {
        throw uncertain(second);
      }
    }
  });
  return armed;
}

/**
 * The connection was lost while the switch worked: asks it what became of the session, and takes back what is armed.
 * @param confirmSent whether the confirm was on its way, so that the candidate may have stayed
 */
async function recover(committing: Committing, confirmSent: boolean, cause: DriverError): Promise<Committed> {
  const { line, prepared, journal } = committing;
  return journal.step('recover', async () => {
    let running: string;
    try {
      switchTo(line, await line.connect());
      const { timer } = await line.current.sessions();
      await line.current.abort(prepared.session);
      running = await line.current.runningConfig();
      if (confirmSent && timer === undefined && difference(running, prepared.print) === undefined) {
        return { state: 'confirmed', running };
      }
    } catch (error) {
      throw uncertain(error);
    }
    if (!sameConfig(running, prepared.before)) {
      throw new PushEnded(
        'uncertain',
        `The connection was lost at the commit, and the switch shows something else`,
        { cause },
      );
    }
    // Nobody is blamed for a lost line.
    throw new PushEnded('rolled-back', `The connection was lost at the commit; the switch is as before`, {
      cause,
    });
  });
}

/** The timer ran out, or the switch booted: what was seen was not the candidate, and nobody is to blame. */
function takenBack(message: string): PushEnded {
  return new PushEnded('rolled-back', `The switch had taken the commit back by itself: ${message}`);
}

function uncertain(cause: unknown): PushEnded {
  if (cause instanceof PushEnded) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new PushEnded(
    'uncertain',
    `The switch cannot be asked what became of the commit; its timer decides: ${message}`,
    {
      cause,
    },
  );
}

/** The first line in which the running configuration is not what the session promised. */
function difference(running: string, print: string): string | undefined {
  const [is, should] = [canonicalLines(running), canonicalLines(print)];
  const at = should.findIndex((line, index) => line !== is[index]);
  const first = at === -1 ? (is.length === should.length ? -1 : should.length) : at;
  if (first === -1) return undefined;
  const told = (line: string | undefined): string =>
    line === undefined ? 'nothing' : `"${redactLine(line).trim()}"`;
  return `After the commit the switch shows ${told(is[first])} instead of ${told(should[first])}`;
}
