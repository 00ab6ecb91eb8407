import type { Device } from '../../crds/types.gen.ts';
import type { World } from './world.ts';

/**
 * Ledgers that this process has left in a newer version than the cache shows, by namespace. They are read before ports
 * of the namespace are counted, so that no claim before is overlooked, however late the watch is.
 */
export interface UnseenLedgers {
  /** Devices to be read. */
  of(namespace: string): string[];
  /** The same world; which ledgers are read and written through it is kept. */
  keeping(namespace: string, world: World): World;
  /** Forgets what the cache shows by now. */
  tidy(namespace: string): void;
}

/** @param cached the ledger as the cache shows it */
export function unseenLedgers(cached: (device: string) => Device | undefined): UnseenLedgers {
  /** By namespace and device: the version of its ledger; undefined: of a write whose outcome is not known. */
  const left = new Map<string, Map<string, string | undefined>>();

  function tidy(namespace: string): void {
    const ledgers = left.get(namespace);
    for (const [device, version] of ledgers ?? []) {
      if (version !== undefined && isShown(cached(device), version)) ledgers?.delete(device);
    }
    if (ledgers?.size === 0) left.delete(namespace);
  }

  return {
    tidy,
    of(namespace) {
      tidy(namespace);
      return [...(left.get(namespace)?.keys() ?? [])];
    },
    keeping(namespace, world) {
      const keep = (device: string, version: string | undefined): void => {
        const ledgers = left.get(namespace) ?? new Map<string, string | undefined>();
        left.set(namespace, ledgers.set(device, version));
      };
      return {
        ...world,
        async getDevice(name) {
          const device = await world.getDevice(name);
          // A write without an answer may yet arrive. What it reserves is accepted by nobody but a reconcile that finds
          // it there, and counts anew.
          if (device === undefined) left.get(namespace)?.delete(name);
          else keep(name, device.metadata.resourceVersion);
          return device;
        },
        async replaceDevice(device) {
          keep(device.metadata.name, undefined);
          const stored = await world.replaceDevice(device);
          if (stored !== undefined) keep(device.metadata.name, stored.metadata.resourceVersion);
          return stored;
        },
      };
    },
  };
}

/** Versions of one kind are comparable integers (lib/kube/version-gate.ts). */
function isShown(cached: Device | undefined, version: string): boolean {
  const shown = cached?.metadata.resourceVersion;
  return shown !== undefined && BigInt(shown) >= BigInt(version);
}
