import { setTimeout as wait } from 'node:timers/promises';

/**
 * Asks again and again until there is an answer; for state of the API server that no event announces to the test.
 * @throws Error naming what did not come about in time
 */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await wait(20);
  }
}
