/** Runs a step for each item, `cap` at a time; the first failure ends it. */
export async function inParallel<T>(
  items: Iterable<T>,
  cap: number,
  step: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = Iterator.from(items);
  const worker = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await step(next.value);
  };
  await Promise.all(Array.from({ length: cap }, worker));
}

/**
 * Asks until the answer is yes.
 * @throws Error with `what` after `timeoutMs`
 */
export async function until(
  what: string,
  timeoutMs: number,
  pollMs: number,
  ask: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
