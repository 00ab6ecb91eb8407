import type { Clock } from '../../lib/kube/clock.ts';

/** A clock that moves only when told to. Wall and monotonic time start at `start`. */
export interface VirtualClock extends Clock {
  /** Lets time pass; timers fire in order, and what they wake runs before the next one. */
  advance(ms: number): Promise<void>;
  /** Timers that have not fired. */
  readonly pending: number;
}

export function virtualClock(start = 1_700_000_000_000): VirtualClock {
  let now = start;
  let timers: { at: number; fn: () => void }[] = [];

  return {
    now: () => now,
    monotonic: () => now,
    after(ms, fn) {
      const timer = { at: now + Math.max(0, ms), fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    get pending() {
      return timers.length;
    },
    async advance(ms) {
      const end = now + ms;
      await settled();
      for (;;) {
        const [timer] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!timer) break;
        timers = timers.filter((each) => each !== timer);
        now = timer.at;
        timer.fn();
        await settled();
      }
      now = end;
    },
  };
}

/** Everything that can go on without time passing has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
