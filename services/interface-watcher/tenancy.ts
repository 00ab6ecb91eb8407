import type { Device, Tenant } from '../../crds/types.gen.ts';
import { grantDenials } from '../../lib/grants/denials.ts';
import type { GrantDenial } from '../../lib/grants/denials.ts';
import type { KeptBook } from '../../lib/grants/kept-book.ts';
import { violationWords, violations } from '../../lib/grants/violations.ts';
import { tenantWords } from '../../lib/grants/words.ts';
import { portsOf } from '../../lib/ledger/edit.ts';
import { isRebuilding } from '../../lib/ledger/release.ts';
import type { RequestFacts } from '../../lib/ledger/request.ts';
import { ownSettings, portsAfter } from '../../lib/ledger/usage.ts';
import type { ResolvedRequest } from '../../lib/ports/resolve.ts';
import type { InventoryFacts } from './world.ts';

type Devices = ReadonlyMap<string, Device | undefined>;

/** What the limits of tenants say about a request. The webhook asks the same: it is only advice. */
export interface Tenancy {
  /**
   * Everything that the request asks for and its tenant may not have.
   * @param devices of the request, and others that the cache may show too old, as read
   */
  denials(
    facts: RequestFacts,
    resolved: ResolvedRequest,
    devices: Devices,
    inventory: InventoryFacts,
  ): GrantDenial[];
  /**
   * In words, what is in force of the request though it is not granted any more; undefined: nothing.
   * @param devices all on which it has claims, as read
   */
  overLimit(facts: RequestFacts, devices: Devices, inventory: InventoryFacts): string | undefined;
  /** Whether a cache shows a Tenant of the namespace. */
  governs(namespace: string): boolean;
  /** Whether the answers rest on the namespace's Tenant as it was read, or on there being none. */
  isCurrent(namespace: string, read: Tenant | undefined): boolean;
  /**
   * Whether all ports that anyone holds can be counted: every device of the inventory has a ledger, and it is whole.
   * @param devices as read; of all others the cache counts
   */
  canCount(devices: Devices, inventory: InventoryFacts): boolean;
  /** Whether the ports of the namespace are limited: its requests are then claimed one after the other. */
  isLimited(namespace: string): boolean;
}

/** @param ledgersOf Devices on which the namespace holds ports, as a cache shows them */
export function tenancy(options: {
  grants: KeptBook;
  requireTenant: boolean;
  ledgersOf(namespace: string): readonly Device[];
  /** The ledger of a device, as a cache shows it. */
  ledger(device: string): Device | undefined;
}): Tenancy {
  const { grants, requireTenant, ledgersOf, ledger } = options;
  return {
    denials({ namespace, uid }, resolved, devices, inventory) {
      // What is not in the inventory is refused as such.
      const known = [...resolved.devices].filter(([name]) => inventory.has(name));
      const request: ResolvedRequest = { devices: new Map(known) };
      return grantDenials(grants.book(inventory), {
        ...{ namespace, request, requireTenant },
        held: (device, port) => ownSettings(devices.get(device), port, uid),
        ports() {
          const cached = ledgersOf(namespace).map((device) => [device.metadata.name, device] as const);
          const read = [...devices].flatMap(([name, device]) =>
            device === undefined ? [] : [[name, device] as const],
          );
          return portsAfter(new Map([...cached, ...read]), namespace, uid, request);
        },
      });
    },
    overLimit({ namespace, uid, accepted, deleting }, devices, inventory) {
      if (accepted === undefined || deleting) return undefined;
      const book = grants.book(inventory);
      if (book.tenant(namespace) === undefined) {
        return requireTenant
          ? `In force as before, but nothing is granted: ${tenantWords(namespace)}`
          : undefined;
      }
      const holdings = [...devices].flatMap(([name, device]) => {
        if (device === undefined || !inventory.has(name)) return [];
        return portsOf(device, uid).flatMap((port) => {
          const settings = ownSettings(device, port, uid);
          return settings === undefined ? [] : [{ device: name, port, settings }];
        });
      });
      const found = violations(book, namespace, holdings);
      return found.length === 0
        ? undefined
        : `In force as before, but not granted any more: ${violationWords(found)}`;
    },
    governs: (namespace) => grants.tenant(namespace) !== undefined,
    isCurrent: (namespace, read) => grants.isCurrent(namespace, read),
    canCount(devices, inventory) {
      return [...inventory.keys()].every((name) => {
        const device = devices.has(name) ? devices.get(name) : ledger(name);
        // R10: a lost Device has not all claims again before the mark is gone.
        return device !== undefined && !isRebuilding(device);
      });
    },
    isLimited: (namespace) => grants.tenant(namespace)?.maxPorts !== undefined,
  };
}
