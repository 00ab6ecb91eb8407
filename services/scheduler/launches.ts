/** What was tried last on a device. */
export interface LastLaunch {
  readonly job: string;
  /** What was due (see due.ts). */
  readonly signature: string;
  /** Launches in a row with the same signature before this one. */
  readonly repeats: number;
  /** Digest of address and credentials. */
  readonly access: string;
}

/**
 * The Jobs of this process: those that the store does not show yet, and the last one of each device. It forgets
 * with the process: nothing that is due depends on it.
 */
export interface Launches {
  /** The device is about to get a Job, whose name is not known yet. */
  reserve(device: string): void;
  release(device: string): void;
  begin(device: string, launch: Omit<LastLaunch, 'repeats'>): void;
  /** Name of the Job that is being made; '' while it has none. */
  pending(device: string): string | undefined;
  /** The store shows the Job, or it was not made. @returns its devices */
  settle(job: string): string[];
  last(device: string): LastLaunch | undefined;
}

export function createLaunches(): Launches {
  const pending = new Map<string, string>();
  const last = new Map<string, LastLaunch>();
  return {
    reserve: (device) => void pending.set(device, ''),
    release: (device) => void pending.delete(device),
    begin(device, launch) {
      const before = last.get(device);
      pending.set(device, launch.job);
      last.set(device, {
        ...launch,
        repeats: before?.signature === launch.signature ? before.repeats + 1 : 0,
      });
    },
    pending: (device) => pending.get(device),
    settle(job) {
      const devices = [...pending].filter(([, name]) => name === job).map(([device]) => device);
      for (const device of devices) pending.delete(device);
      return devices;
    },
    last: (device) => last.get(device),
  };
}
