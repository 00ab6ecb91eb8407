import type { Clock } from '../../lib/kube/clock.ts';

/** Collects names that come in bursts. */
export interface Gatherer {
  add(name: string): void;
  stop(): void;
}

/** A burst is over when nothing came for this long; nobody waits longer than the other. Milliseconds. */
export const QUIET_MS = 20;
export const LONGEST_WAIT_MS = 250;

/**
 * Hands out gathered names together: `quietMs` after the last one, `longestMs` after the first at the latest.
 * A request that touches twenty switches becomes one Job, not twenty.
 */
export function gather(
  flush: (names: ReadonlySet<string>) => void,
  clock: Clock,
  { quietMs = QUIET_MS, longestMs = LONGEST_WAIT_MS } = {},
): Gatherer {
  let names = new Set<string>();
  let first = 0;
  let cancel = (): void => {};

  function handOut(): void {
    const gathered = names;
    names = new Set();
    flush(gathered);
  }

  return {
    add(name) {
      const now = clock.monotonic();
      if (names.size === 0) first = now;
      names.add(name);
      cancel();
      cancel = clock.after(Math.min(quietMs, Math.max(0, first + longestMs - now)), handOut);
    },
    stop() {
      cancel();
      names.clear();
    },
  };
}
