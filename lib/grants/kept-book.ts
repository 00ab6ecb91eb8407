import type { Tenant } from '../../crds/types.gen.ts';
import type { GroupedDevice } from './device-set.ts';
import { grantBook } from './grant-book.ts';
import type { GrantBook } from './grant-book.ts';
import { readTenant } from './read-tenant.ts';
import type { TenantGrants } from './read-tenant.ts';

/** A book that follows Tenants and the inventory: nothing is read again that has not changed. */
export interface KeptBook {
  /**
   * Takes a Tenant as it is now; undefined: it is gone.
   * @returns whether that changes what anybody may do: a new status does not
   */
  put(name: string, tenant: Pick<Tenant, 'metadata' | 'spec'> | undefined): boolean;
  /** @param devices the inventory; the same object as long as it has not changed */
  book(devices: ReadonlyMap<string, GroupedDevice>): GrantBook;
}

export function keptBook(): KeptBook {
  const known = new Map<string, { text: string; read: TenantGrants }>();
  let made: { devices: ReadonlyMap<string, GroupedDevice>; book: GrantBook } | undefined;
  return {
    put(name, tenant) {
      const read = tenant === undefined ? undefined : readTenant(tenant);
      const before = known.get(name);
      if (tenant === undefined || read === undefined) {
        if (!known.delete(name)) return false;
      } else {
        const { grants, maxPorts } = tenant.spec;
        const text = JSON.stringify([grants, maxPorts]);
        if (before?.text === text) return false;
        known.set(name, { text, read });
      }
      made = undefined;
      return true;
    },
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
