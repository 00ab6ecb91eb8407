/**
 * How often a person is asked. Fifty calls of kubectl at once open one browser tab, and a script that runs all night
 * opens a handful and then fails: only `login` itself may always ask. Pure but for reading and writing its record.
 */
import { readPrivate, writePrivate } from './private-file.ts';

export interface Prompts {
  /** Prompts since the last that was answered. */
  readonly unanswered: number;
  /** When the last one began or ended, milliseconds since 1970. */
  readonly at: number;
}

/** How long to be quiet after so many prompts without an answer; after more, until somebody calls `login`. */
const QUIET_MS = [0, 30_000, 2 * 60_000, 10 * 60_000];

/**
 * @param since when the call began that wants to ask
 * @returns why the person must not be asked; undefined if they may
 */
export function whyNotAsk(prompts: Prompts | undefined, since: number, now: number): string | undefined {
  if (prompts === undefined || prompts.unanswered === 0) return undefined;
  if (prompts.at >= since) return 'another call asked meanwhile, and nobody answered';
  const quiet = QUIET_MS[prompts.unanswered];
  if (quiet === undefined) return `${prompts.unanswered} logins in a row were not answered`;
  const left = prompts.at + quiet - now;
  return left > 0 ? `the last login was not answered; asked again in ${Math.ceil(left / 1000)} s` : undefined;
}

export function readPrompts(file: string): Prompts | undefined {
  const text = readPrivate(file);
  if (text === undefined) return undefined;
  try {
    const { unanswered, at } = JSON.parse(text) as Partial<Prompts>;
    if (Number.isSafeInteger(unanswered) && Number.isFinite(at)) return { unanswered, at } as Prompts;
  } catch {
    // Half of a record says as much as the strictest one: do not ask.
  }
  return { unanswered: QUIET_MS.length, at: 0 };
}

export function writePrompts(file: string, prompts: Prompts): void {
  writePrivate(file, JSON.stringify(prompts));
}
