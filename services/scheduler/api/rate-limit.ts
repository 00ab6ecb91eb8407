/** Lets so many through at once, then one per period, for each caller. */
export interface RateLimit {
  /** @returns 0 if the caller may pass, else how many milliseconds to wait */
  take(caller: string): number;
}

/** Callers remembered; beyond it the oldest is forgotten. */
const MOST_CALLERS = 10_000;

/** @param now monotonic milliseconds */
export function rateLimit(options: { burst: number; periodMs: number }, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(caller) {
      const time = now();
      const known = buckets.get(caller) ?? { tokens: options.burst, at: time };
      const tokens = Math.min(options.burst, known.tokens + (time - known.at) / options.periodMs);
      buckets.delete(caller);
      buckets.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, at: time });
      if (buckets.size > MOST_CALLERS) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return tokens < 1 ? Math.ceil((1 - tokens) * options.periodMs) : 0;
    },
  };
}
