/**
 * Keeps work on the same device apart inside this process, in the order of asking, without anybody holding a worker
 * while it waits. It only saves writes that would come too late: what must hold, holds by conditional writes (R1, R7).
 */
export interface Turns {
  /**
   * Whether it is this key's turn on all of these devices. If not, it stands in line, and `wake` is called once it is:
   * ask again then. Ask for other devices and it goes to the end of the line.
   */
  enter(key: string, devices: Iterable<string>, wake: () => void): boolean;
  /** Whether the key stands in line and will be woken. */
  waits(key: string): boolean;
  /** The key is done, or wants its turn no more: the next ones are woken. */
  leave(key: string): void;
}

interface Ticket {
  readonly devices: ReadonlySet<string>;
  readonly wake: () => void;
  /** Devices on which others are before it. */
  readonly behind: Set<string>;
}

/** Lines of keys, one line per device. */
export function turns(): Turns {
  const lines = new Map<string, Set<string>>();
  const tickets = new Map<string, Ticket>();

  function queueUp(key: string, devices: ReadonlySet<string>, wake: () => void): Ticket {
    // On all lines at once, so that no two keys can wait for each other.
    const behind = new Set<string>();
    for (const device of devices) {
      const line = lines.get(device) ?? new Set();
      if (line.size > 0) behind.add(device);
      lines.set(device, line.add(key));
    }
    const ticket = { devices, wake, behind };
    tickets.set(key, ticket);
    return ticket;
  }

  function leave(key: string): void {
    const ticket = tickets.get(key);
    if (ticket === undefined) return;
    tickets.delete(key);
    for (const device of ticket.devices) {
      const line = lines.get(device);
      line?.delete(key);
      if (line?.size === 0) lines.delete(device);
      const [first] = line ?? [];
      const next = first === undefined ? undefined : tickets.get(first);
      if (next?.behind.delete(device) === true && next.behind.size === 0) next.wake();
    }
  }

  return {
    enter(key, devices, wake) {
      const names = new Set(devices);
      const before = tickets.get(key);
      if (before !== undefined && names.isSubsetOf(before.devices)) return before.behind.size === 0;
      leave(key);
      return queueUp(key, names, wake).behind.size === 0;
    },
    waits: (key) => (tickets.get(key)?.behind.size ?? 0) > 0,
    leave,
  };
}
