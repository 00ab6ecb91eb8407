/** Time as a parameter, so that tests decide what time it is. */
export interface Clock {
  /** Milliseconds since 1970, as people see it; may jump. */
  now(): number;
  /** Milliseconds since some moment; never jumps. Deadlines are measured with this one. */
  monotonic(): number;
  /** Calls `fn` once after `ms`. Returns what cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** Longest delay a timer of the runtime can hold: about 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(Math.max(0, ms), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
