import type { Device, Interface, Tenant } from '../../crds/types.gen.ts';
import { shared } from '../../lib/kube/store.ts';
import type { Store } from '../../lib/kube/store.ts';
import type { InventoryFacts, World } from './world.ts';

/** Thrown where a dry run would write: there is something to do, to be decided by reads of the API server. */
export class WriteNeeded extends Error {}

/**
 * A world of caches that cannot be written. A reconcile that gets through it has nothing to do now; if a cache
 * is stale, the event that brings it up to date asks again. Most events end here, without a request.
 * @param namespace the platform's
 */
export function cachedWorld(
  namespace: string,
  interfaces: Store<Interface>,
  devices: Store<Device>,
  tenants: Store<Tenant>,
  inventory: () => InventoryFacts | undefined,
  now: () => string,
): World {
  const refuse = async (): Promise<never> => {
    throw new WriteNeeded();
  };
  return {
    getInterface: async (ref) => shared<Interface>(interfaces.get(`${ref.namespace}/${ref.name}`)),
    getDevice: async (name) => shared<Device>(devices.get(`${namespace}/${name}`)),
    getTenant: async (name) => shared<Tenant>(tenants.get(name)),
    getInventory: async () => inventory(),
    replaceDevice: refuse,
    replaceInterface: refuse,
    replaceInterfaceStatus: refuse,
    now,
  };
}
