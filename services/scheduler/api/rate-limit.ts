/** Lets so many through at once, then one per period, for each caller. */
export interface RateLimit {
  /** @returns 0 if the caller may pass, else how many milliseconds to wait */
  take(caller: string): number;
  /** The same, without counting. */
  look(caller: string): number;
}

/** Callers remembered; beyond it the oldest is forgotten. */
const MOST_CALLERS = 10_000;

/** @param now monotonic milliseconds */
export function rateLimit(options: { burst: number; periodMs: number }, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();

  function tokensOf(caller: string): number {
    const known = buckets.get(caller);
    if (known === undefined) return options.burst;
    return Math.min(options.burst, known.tokens + (now() - known.at) / options.periodMs);
  }

  function waitFor(tokens: number): number {
    return tokens < 1 ? Math.ceil((1 - tokens) * options.periodMs) : 0;
  }

  return {
    look: (caller) => waitFor(tokensOf(caller)),
    take(caller) {
      const tokens = tokensOf(caller);
      buckets.delete(caller);
      buckets.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, at: now() });
      if (buckets.size > MOST_CALLERS) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return waitFor(tokens);
    },
  };
}
