import type { Clock } from '../../lib/kube/clock.ts';

/** When devices are to be looked at again, one timer for all. */
export interface WakeUps {
  /** @param at milliseconds since 1970; undefined or infinite: only an event can change anything */
  set(name: string, at: number | undefined): void;
  delete(name: string): void;
  stop(): void;
}

/** No timer sleeps longer, so that a clock that is set anew is noticed. */
const LONGEST_SLEEP_MS = 60_000;

export function wakeUps(wake: (name: string) => void, clock: Clock): WakeUps {
  const times = new Map<string, number>();
  let cancel = (): void => {};
  let set = Infinity;

  function ring(): void {
    const now = clock.now();
    for (const [name, at] of times) {
      if (at > now) continue;
      times.delete(name);
      wake(name);
    }
    arm(Math.min(...times.values()));
  }

  function arm(at: number): void {
    cancel();
    set = at;
    if (at === Infinity) return;
    cancel = clock.after(Math.min(Math.max(0, at - clock.now()), LONGEST_SLEEP_MS), ring);
  }

  return {
    set(name, at) {
      if (at === undefined || at === Infinity) {
        times.delete(name);
        return;
      }
      times.set(name, at);
      if (at < set) arm(at);
    },
    delete: (name) => void times.delete(name),
    stop: () => cancel(),
  };
}
