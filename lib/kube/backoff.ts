/** How long to wait after the n-th failure in a row. Pure: chance comes in as a number in [0, 1). */
export interface Backoff {
  /** Ceiling of the first wait, in milliseconds. */
  baseMs: number;
  /** Ceiling of all waits, in milliseconds. */
  maxMs: number;
}

/** Ceiling of the wait after `failures` (≥ 1) failures: doubles each time, up to the maximum. */
export function ceilingOf({ baseMs, maxMs }: Backoff, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 40));
}

/** Full jitter: anywhere between nothing and the ceiling. Spreads those that failed together as far as possible. */
export function fullJitter(backoff: Backoff, failures: number, chance: number): number {
  return ceilingOf(backoff, failures) * chance;
}

/** Ceiling to one and a half times it: never sooner than the ceiling, for loops that must not become hot. */
export function addedJitter(backoff: Backoff, failures: number, chance: number): number {
  return Math.min(backoff.maxMs, ceilingOf(backoff, failures) * (1 + chance / 2));
}
