/**
 * Joins equal reads of many callers: a call gets the answer of a read that began after the call, never of one that was
 * on its way already, so it is as fresh as a read of its own. While one is on its way, the next one gathers callers.
 * @param keyOf which calls are equal
 */
export function joined<A, R>(
  read: (asked: A) => Promise<R>,
  keyOf: (asked: A) => string,
): (asked: A) => Promise<R> {
  const running = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<R>>();

  function begin(key: string, asked: A): Promise<R> {
    const reading = read(asked);
    const ended = reading
      .catch(() => undefined)
      .finally(() => {
        if (running.get(key) === ended) running.delete(key);
      });
    running.set(key, ended);
    return reading;
  }

  return (asked) => {
    const key = keyOf(asked);
    const before = running.get(key);
    if (before === undefined) return begin(key, asked);
    const gathered = waiting.get(key);
    if (gathered !== undefined) return gathered;
    const next = before.then(() => {
      waiting.delete(key);
      return begin(key, asked);
    });
    waiting.set(key, next);
    return next;
  };
}
