/** Time as the simulated switch sees it, so that tests can let a commit timer expire without waiting. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** The machine's own time. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action) {
    // A Node timer holds 2^31-1 ms at most; an EOS timer of 23:59:59 is far below.
    const timer = setTimeout(action, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export interface VirtualClock extends Clock {
  /** Moves time forward and runs every timer that falls due, in order of its due time. */
  advance(ms: number): void;
}

/** A clock that moves only by `advance`. @param start milliseconds since 1970 */
export function virtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = start;
  let timers: { due: number; action: () => void }[] = [];
  return {
    now: () => now,
    after(ms, action) {
      const timer = { due: now + ms, action };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
        if (next === undefined) break;
        timers = timers.filter((other) => other !== next);
        now = next.due;
        next.action();
      }
      now = end;
    },
  };
}
