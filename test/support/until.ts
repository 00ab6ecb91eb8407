import { setTimeout as wait } from 'node:timers/promises';

/** Not a claim about speed: only so that a test that waits in vain ends, and says for what. */
const LIMIT_MS = 90_000;

/**
 * Asks again and again until there is an answer; for state that no event announces to the test.
 * @param ask `undefined` and `false` mean: not yet
 * @throws Error naming what did not come about
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  limitMs = LIMIT_MS,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
    await wait(20);
  }
}
