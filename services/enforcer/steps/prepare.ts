import type { Confirmed } from '../../../crds/types.gen.ts';
import type { Candidate } from '../../../lib/render/candidate.ts';
import { alreadyRunning } from '../already-running.ts';
import type { Refusal } from '../blame.ts';
import type { SectionChange } from '../config-sections.ts';
import { changedSections, sections } from '../config-sections.ts';
import type { Driver } from '../driver.ts';
import type { Journal } from '../journal.ts';
import type { Line } from '../line.ts';
import type { Snapshot } from '../snapshot.ts';

/** A session that waits on the switch, loaded and without objection. */
export interface Prepared {
  session: string;
  candidate: Candidate;
  /** Running configuration before the session was opened. */
  before: string;
  /** The session as the running configuration will print it. */
  print: string;
  /** The device's own words for what changes; empty when nothing does. */
  diff: string;
  changes: readonly SectionChange[];
}

export type Preparation =
  | { ready: Prepared }
  /** `running`: top claims that the switch shows already, as far as the refused load could tell. */
  | { refusal: Refusal; running: Confirmed };

export interface Preparing {
  line: Line;
  driver: Driver;
  journal: Journal;
  tops: Snapshot['model']['tops'];
  candidate: Candidate;
  session: string;
  /** Running configuration, when it was read and the gate passed just now. */
  running: string | undefined;
  /** The fence's gate; throws when the right to push is lost. */
  pass(): Promise<unknown>;
  /** Why the change must not be committed although it loads. */
  guard(changes: readonly SectionChange[], before: string, after: string): string | undefined;
}

/**
 * Push steps 7 and 8: running configuration, session, load, diff, guard rails. A refused session is gone when this
 * returns; a ready one waits for commit or abort.
 * @throws DriverError, FenceLost
 */
export async function prepare(preparing: Preparing): Promise<Preparation> {
  const { line, driver, journal, candidate, session, tops } = preparing;
  if (candidate.failures.length > 0) {
    return { refusal: { stage: 'render', failures: candidate.failures }, running: {} };
  }
  const connection = line.current;
  const before = preparing.running ?? (await connection.runningConfig());
  if (preparing.running === undefined) await preparing.pass();

  const problems = await journal.step(
    'load',
    async () => {
      await connection.open(session);
      return connection.load(candidate.text);
    },
    (found) => ({
      message: found.length === 0 ? 'Candidate loaded' : `Candidate refused: ${found.length} bad lines`,
      session,
      lines: candidate.lines.length,
    }),
  );
  const print = await connection.print(session);
  const changes = changedSections(sections(before, driver.standsFor), sections(print, driver.standsFor));
  const refuse = async (refusal: Refusal): Promise<Preparation> => {
    await connection.abort(session);
    return { refusal, running: alreadyRunning(tops, candidate.lines, changes, driver.portOf) };
  };
  if (problems.length > 0) return refuse({ stage: 'load', problems, lines: candidate.lines });

  const diff = await connection.diff(session);
  const objection = diff === '' ? undefined : preparing.guard(changes, before, print);
  if (objection !== undefined) return refuse({ stage: 'guard', message: objection });
  return { ready: { session, candidate, before, print, diff, changes } };
}
