import { canonicalPort } from '../../../../lib/ports/port.ts';
import { parseVlanList } from '../../../../lib/ports/vlan.ts';
import type { ConnectOptions, DeviceConnection, Driver, Facts, SessionState, Target } from '../../driver.ts';
import type { LoadProblem } from '../../driver.ts';
import { DriverError } from '../../driver.ts';
import { redactLine } from '../../redact.ts';
import { openTerminal } from '../ssh/connection.ts';
import { lostAccess } from './access.ts';
import { readFactsJson, readFactsText } from './facts.ts';
import { loadProblems } from './load.ts';
import { refusals } from './screen.ts';
import { readSessionsJson, readSessionsText } from './sessions.ts';
import type { Reply } from './shell.ts';
import { EosShell } from './shell.ts';

/** A commit or a load of a big configuration takes a real switch many seconds. */
const COMMAND_MS = 45_000;
/** The first command is sent again after this: a lagging switch echoes it without running it. */
const RESEND_MS = 1500;

/** Arista EOS over an interactive SSH terminal, 4.22 and later. [later] eAPI: the same in one round trip. */
export const eos: Driver = {
  platform: 'eos',
  capabilities: {
    atomicReplace: true,
    deviceDiff: true,
    confirmedCommit: true,
    singleTimer: true,
    confirmFromNewConnection: true,
    sessionPrint: true,
    persistSeparately: true,
  },
  async connect(target: Target, options: ConnectOptions): Promise<DeviceConnection> {
    const login = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    const terminal = await openTerminal(target, { ...options, signal: login });
    const shell = new EosShell(terminal, { signal: options.signal, commandMs: COMMAND_MS });
    const late = (): void => shell.close(`${target.name} shows no prompt in time`);
    login.addEventListener('abort', late, { once: true });
    try {
      await prepare(shell);
      return new EosConnection(shell);
    } catch (error) {
      shell.close();
      throw error;
    } finally {
      login.removeEventListener('abort', late);
    }
  },
  portOf(header) {
    const name = /^interface Ethernet(\S+)$/.exec(header)?.[1];
    return name === undefined ? undefined : canonicalPort(name);
  },
  standsFor(header) {
    const list = /^vlan ([\d,-]+)$/.exec(header)?.[1];
    const ids = list === undefined ? undefined : parseVlanList(list);
    return Array.isArray(ids) ? ids.map((id) => `vlan ${id}`) : [header];
  },
  lostAccess,
};

/** Privileged mode, no paging, and a width that closes no channel (32767 does on 4.35.0F). */
async function prepare(shell: EosShell): Promise<void> {
  await shell.firstPrompt();
  let { output, prompt } = await shell.run('terminal length 0', RESEND_MS);
  // It says "Pagination disabled."; a switch that dropped its first input says nothing (netmiko issue 2944).
  if (output.trim() === '') ({ output, prompt } = await shell.run('terminal length 0', RESEND_MS));
  if (prompt.mode === 'user') {
    const enabled = await shell.run('enable');
    if (enabled.prompt.mode !== 'exec') {
      throw new DriverError('auth-failed', 'The login lacks privileged mode: give it privilege 15');
    }
  }
  // A refusal only means wrapped lines, which nothing here depends on.
  await shell.run('terminal width 511');
}

class EosConnection implements DeviceConnection {
  readonly #shell: EosShell;

  constructor(shell: EosShell) {
    this.#shell = shell;
  }

  async facts(): Promise<Facts> {
    const { output } = await this.#shell.run('show version | json');
    if (refusals(output).length > 0) return readFactsText(await this.#run('show version'));
    return parsed('show version', () => readFactsJson(output));
  }

  async sessions(): Promise<SessionState> {
    const { output } = await this.#shell.run('show configuration sessions detail | json');
    if (refusals(output).length > 0) {
      return readSessionsText(await this.#run('show configuration sessions detail'));
    }
    return parsed('show configuration sessions', () => readSessionsJson(output));
  }

  runningConfig(): Promise<string> {
    return this.#show('show running-config');
  }

  async open(session: string): Promise<void> {
    const { output, prompt } = await this.#shell.run(`configure session ${session}`);
    if (/Maximum number of pending sessions/i.test(output)) {
      throw new DriverError(
        'limit',
        `The switch has no room for another configuration session: ${output.trim()}`,
      );
    }
    check('configure session', output);
    if (prompt.mode !== 'session')
      throw new DriverError('refused', 'The switch opened no configuration session');
    await this.#run('rollback clean-config');
  }

  async load(text: string): Promise<LoadProblem[]> {
    const command = 'copy terminal: session-config';
    const reply: Reply = await this.#shell.paste(command, text);
    if (reply.prompt.mode !== 'session') {
      throw new DriverError('protocol', 'The switch left the configuration session during the load');
    }
    const problems = loadProblems(reply.output, text);
    if (problems.length === 0 && !/Copy completed successfully/.test(reply.output)) {
      return [{ message: `% The load did not complete: ${lastWords(reply.output)}` }];
    }
    return problems;
  }

  async diff(session: string): Promise<string> {
    return (await this.#show(`show session-config named ${session} diffs`)).trim();
  }

  print(session: string): Promise<string> {
    return this.#show(`show session-config named ${session}`);
  }

  async commit(_session: string, seconds: number): Promise<void> {
    // Inside the session that was opened before the gate: by name it could be one made anew (R9).
    const reply = await this.#shell.run(`commit timer ${clock(seconds)}`);
    if (/pending ?commit ?timer/i.test(reply.output)) {
      throw new DriverError('limit', `Another commit waits for its confirm: ${lastWords(reply.output)}`);
    }
    check('commit timer', reply.output);
    if (reply.prompt.mode === 'session')
      throw new DriverError('refused', 'The switch did not leave the session at commit');
  }

  async confirm(session: string): Promise<void> {
    await this.#run(`configure session ${session} commit`);
  }

  async abort(session: string): Promise<void> {
    // `abort` below the session's root leaves it pending (ansible issue 36979): always by name, from exec.
    const { prompt } = await this.#shell.run('end');
    if (prompt.mode !== 'exec')
      throw new DriverError('protocol', 'The switch does not leave configuration mode');
    const state = await this.sessions();
    const known =
      state.timer === session || state.sessions.some(({ name, pending }) => name === session && pending);
    if (known) await this.#run(`configure session ${session} abort`);
  }

  async save(): Promise<void> {
    const output = await this.#run('copy running-config startup-config');
    if (!/Copy completed successfully/.test(output)) {
      throw new DriverError('refused', `The configuration was not saved: ${lastWords(output)}`);
    }
  }

  close(): void {
    this.#shell.close();
  }

  /** Text that the switch only prints: `% ` inside it may be a line of a banner. */
  async #show(command: string): Promise<string> {
    const { output } = await this.#shell.run(command);
    check(command, output.trimStart().split('\n', 1)[0] ?? '');
    return output;
  }

  async #run(command: string): Promise<string> {
    const { output } = await this.#shell.run(command);
    check(command, output);
    return output;
  }
}

function check(command: string, output: string): void {
  const [first] = refusals(output);
  if (first !== undefined) throw new DriverError('refused', `"${command}": ${redactLine(first)}`);
}

function parsed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new DriverError('protocol', `\`${what}\` cannot be read`, { cause });
  }
}

function lastWords(output: string): string {
  return redactLine(output.trim().split('\n').at(-1) ?? '').slice(0, 200);
}

/** Seconds as EOS takes them, `hh:mm:ss`. */
function clock(seconds: number): string {
  const part = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${part(seconds / 3600)}:${part((seconds / 60) % 60)}:${part(seconds % 60)}`;
}
