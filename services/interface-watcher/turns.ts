/**
 * Lets work on the same devices wait for each other inside this process, in the order of asking. It only saves
 * writes that would come too late: what must hold, holds by conditional writes (R1, R7).
 */
export interface Turns {
  /** Runs `work` when everything asked for earlier on one of these devices has ended. */
  take<T>(devices: Iterable<string>, work: () => Promise<T>): Promise<T>;
}

/** A set of turns, one per device. */
export function turns(): Turns {
  /** By device: the end of the last work that was asked for. */
  const last = new Map<string, Promise<void>>();
  return {
    async take(devices, work) {
      const names = [...new Set(devices)];
      const before = names.flatMap((name) => last.get(name) ?? []);
      const ended = Promise.withResolvers<void>();
      // All at once, so that no two of them can wait for each other.
      for (const name of names) last.set(name, ended.promise);
      await Promise.all(before);
      try {
        return await work();
      } finally {
        ended.resolve();
        for (const name of names) if (last.get(name) === ended.promise) last.delete(name);
      }
    },
  };
}
