import type { Tenant } from '../../crds/types.gen.ts';
import { commonVlans, uniteVlans } from '../ports/vlan-ranges.ts';
import type { VlanRanges } from '../ports/vlan-ranges.ts';
import type { GroupedDevice } from './device-set.ts';
import { grantBook } from './grant-book.ts';
import type { GrantBook } from './grant-book.ts';
import { readTenant } from './read-tenant.ts';
import type { TenantGrants } from './read-tenant.ts';

/** A book that follows Tenants and the inventory: nothing is read again that has not changed. */
export interface KeptBook {
  /**
   * Takes a Tenant as it is now; undefined: it is gone.
   * @returns the tenants for which that may change something: itself, and those with VLANs of its grants, which may be
   * contested now, or no longer; none for a new status
   */
  put(name: string, tenant: Pick<Tenant, 'metadata' | 'spec'> | undefined): readonly string[];
  /** A Tenant that counts. */
  tenant(name: string): TenantGrants | undefined;
  /** @param devices the inventory; the same object as long as it has not changed */
  book(devices: ReadonlyMap<string, GroupedDevice>): GrantBook;
}

interface Known {
  /** What is read of it. */
  text: string;
  read: TenantGrants;
  /** Of all its grants. */
  vlans: VlanRanges;
}

/** A book without any Tenant. */
export function keptBook(): KeptBook {
  const known = new Map<string, Known>();
  let made: { devices: ReadonlyMap<string, GroupedDevice>; book: GrantBook } | undefined;
  return {
    put(name, tenant) {
      const read = tenant === undefined ? undefined : readTenant(tenant);
      const before = known.get(name);
      if (tenant === undefined || read === undefined) {
        if (!known.delete(name)) return [];
      } else {
        const { grants, maxPorts } = tenant.spec;
        const text = JSON.stringify([grants, maxPorts]);
        if (before?.text === text) return [];
        known.set(name, { text, read, vlans: uniteVlans(...read.grants.map(({ vlans }) => vlans)) });
      }
      made = undefined;
      const vlans = uniteVlans(before?.vlans ?? [], known.get(name)?.vlans ?? []);
      const others = [...known].filter(([, other]) => commonVlans(other.vlans, vlans).length > 0);
      return [...new Set([name, ...others.map(([other]) => other)])];
    },
    tenant: (name) => known.get(name)?.read,
    book(devices) {
      if (made?.devices !== devices) {
        made = {
          devices,
          book: grantBook(
            [...known.values()].map(({ read }) => read),
            devices,
          ),
        };
      }
      return made.book;
    },
  };
}
