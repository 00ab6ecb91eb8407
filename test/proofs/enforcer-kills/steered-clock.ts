import type { Clock } from '../../../lib/kube/clock.ts';

/** The clock of one process: it can be told to jump, and it stands still while the process is stopped. */
export interface SteeredClock extends Clock {
  /** Time passes at once; timers that fall due run. */
  advance(ms: number): void;
  /** No timer runs until `thaw`; time stands still. */
  freeze(): void;
  /** @param missed how much the process finds to have passed meanwhile, ms */
  thaw(missed: number): void;
  /** No timer runs ever again. */
  stop(): void;
}

export function steeredClock(): SteeredClock {
  interface Timer {
    due: number;
    fn: () => void;
    handle: NodeJS.Timeout | undefined;
  }
  const timers = new Set<Timer>();
  let skipped = 0;
  let frozen: number | undefined;
  let stopped = false;

  const monotonic = (): number => frozen ?? performance.now() + skipped;
  function arm(timer: Timer): void {
    clearTimeout(timer.handle);
    if (stopped || frozen !== undefined) return;
    timer.handle = setTimeout(
      () => {
        timers.delete(timer);
        timer.fn();
      },
      Math.max(0, timer.due - monotonic()),
    );
  }
  const disarm = (): void => timers.forEach(({ handle }) => clearTimeout(handle));

  return {
    now: () => Date.now() + skipped,
    monotonic,
    after(ms, fn) {
      const timer: Timer = { due: monotonic() + ms, fn, handle: undefined };
      timers.add(timer);
      arm(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer.handle);
      };
    },
    advance(ms) {
      skipped += ms;
      timers.forEach(arm);
    },
    freeze() {
      frozen ??= monotonic();
      disarm();
    },
    thaw(missed) {
      if (frozen === undefined) return;
      skipped = frozen + missed - performance.now();
      frozen = undefined;
      timers.forEach(arm);
    },
    stop() {
      stopped = true;
      disarm();
      timers.clear();
    },
  };
}
