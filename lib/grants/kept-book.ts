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
  /** Whether a Tenant as it was read, or that there is none, is what the answers rest on. */
  isCurrent(name: string, tenant: Pick<Tenant, 'metadata' | 'spec'> | undefined): boolean;
  /** A Tenant that counts. */
  tenant(name: string): TenantGrants | undefined;
  /** @param devices the inventory; the same object as long as it has not changed */
  book(devices: ReadonlyMap<string, GroupedDevice>): GrantBook;
}

interface Known {
  /** What is read of it. */
  text: string;
  grants: TenantGrants;
  /** Of all its grants. */
  vlans: VlanRanges;
}

/** A book without any Tenant. */
export function keptBook(): KeptBook {
  const known = new Map<string, Known>();
  /** By inventory: a service may look at a cached one and at a newer one in turn. */
  let made = new WeakMap<ReadonlyMap<string, GroupedDevice>, GrantBook>();
  return {
    put(name, tenant) {
      const before = known.get(name);
      const after = tenant === undefined ? undefined : read(tenant, before);
      if (after === before) return [];
      if (after === undefined) known.delete(name);
      else known.set(name, after);
      made = new WeakMap();
      const vlans = uniteVlans(before?.vlans ?? [], after?.vlans ?? []);
      const others = [...known].filter(([, other]) => commonVlans(other.vlans, vlans).length > 0);
      return [...new Set([name, ...others.map(([other]) => other)])];
    },
    isCurrent(name, tenant) {
      const before = known.get(name);
      return (tenant === undefined ? undefined : read(tenant, before)) === before;
    },
    tenant: (name) => known.get(name)?.grants,
    book(devices) {
      const before = made.get(devices);
      if (before !== undefined) return before;
      const tenants = [...known.values()].map(({ grants }) => grants);
      const book = grantBook(tenants, devices);
      made.set(devices, book);
      return book;
    },
  };
}

/** @returns `before` itself when nothing has changed, undefined for a Tenant that does not count */
function read(tenant: Pick<Tenant, 'metadata' | 'spec'>, before: Known | undefined): Known | undefined {
  const { metadata, spec } = tenant;
  const text = JSON.stringify([metadata.deletionTimestamp, spec.grants, spec.maxPorts]);
  if (before?.text === text) return before;
  const grants = readTenant(tenant);
  if (grants === undefined) return undefined;
  return { text, grants, vlans: uniteVlans(...grants.grants.map(({ vlans }) => vlans)) };
}
