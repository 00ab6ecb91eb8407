import { CATALOG_CONFIGMAP, LIMITS_CONFIGMAP } from '../../crds/names.ts';
import type { Device, Interface, Tenant } from '../../crds/types.gen.ts';
import { catalogReader } from '../../lib/inventory/catalog-reader.ts';
import { systemClock, type Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { controller } from '../../lib/kube/controller.ts';
import { informer, type Change } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import { PRIORITY_CHANGE, PRIORITY_RESYNC } from '../../lib/kube/queue.ts';
import {
  CONFIG_MAPS,
  DEVICES,
  INTERFACES,
  NAMESPACES,
  ROLE_BINDINGS,
  TENANTS,
} from '../../lib/kube/resources.ts';
import { refOf } from '../../lib/kube/types.ts';
import { BINDINGS } from './bindings.ts';
import { granted, type Granted } from './judge.ts';
import { BY_NAMESPACE, tenantReconciler } from './reconcile.ts';
import { BY_TENANT, tenantsOf } from './usage.ts';

export interface TenantControllerOptions {
  readonly connection: Connection;
  /** Namespace of the platform. */
  readonly platform: string;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface TenantController {
  hasSynced(): boolean;
  /** Begins to write; until then it only watches. */
  lead(): Promise<void>;
  stopWatching(): Promise<void>;
  stopWriting(): Promise<void>;
}

/** Ledgers and requests change in bursts, and nobody waits for the count: it is written this often at most. */
const GATHER_MS = 500;

/** Keeps namespace, bindings, limits and status of every Tenant. */
export function watchTenants(options: TenantControllerOptions): TenantController {
  const { connection, platform, log, metrics, clock = systemClock, random = Math.random } = options;
  const kit = { log, clock, random, ...(metrics && { metrics }) };
  const tenants = informer(connection, TENANTS, kit);
  const namespaces = informer(connection, NAMESPACES, kit);
  // By name: the controller's rights end there, and it need not know all bindings of a cluster.
  const bindings = new Map(
    BINDINGS.map(({ name }) => [
      name as string,
      informer(connection, ROLE_BINDINGS, { ...kit, fieldSelector: `metadata.name=${name}` }),
    ]),
  );
  const limits = informer(connection, CONFIG_MAPS, {
    ...kit,
    fieldSelector: `metadata.name=${LIMITS_CONFIGMAP}`,
  });
  const interfaces = informer(connection, INTERFACES, {
    ...kit,
    indexes: { [BY_NAMESPACE]: ({ metadata }) => [metadata.namespace ?? ''] },
  });
  const devices = informer(connection, DEVICES, {
    ...kit,
    namespace: platform,
    indexes: { [BY_TENANT]: tenantsOf },
  });
  const catalogs = informer(connection, CONFIG_MAPS, {
    ...kit,
    namespace: platform,
    fieldSelector: `metadata.name=${CATALOG_CONFIGMAP}`,
  });
  const sources = [tenants, namespaces, ...bindings.values(), limits, interfaces, devices, catalogs];
  const readCatalog = catalogReader((problem) => log.error({ problem }, 'Cannot read the catalog'));
  let grants: Granted | undefined;

  const worker = controller({
    ...kit,
    name: 'tenant',
    sources,
    resync: { keys: () => tenants.store.list().map(({ metadata }) => metadata.name) },
    reconcile: tenantReconciler({
      connection,
      platform,
      caches: {
        tenants: tenants.store,
        namespaces: namespaces.store,
        bindings: new Map([...bindings].map(([name, { store }]) => [name, store])),
        limits: limits.store,
        interfaces: interfaces.store,
        devices: devices.store,
      },
      granted: currentGrants,
      log,
      now: () => new Date(clock.now()).toISOString(),
    }),
  });

  /** Made anew after a change of a Tenant or of the inventory, when first asked for. */
  function currentGrants(): Granted | undefined {
    const inventory = readCatalog(catalogs.store.get(`${platform}/${CATALOG_CONFIGMAP}`));
    if (inventory !== undefined) grants ??= granted(tenants.store.list(), inventory);
    return grants;
  }

  function enqueue(name: string, initial: boolean, after = 0): void {
    if (tenants.store.get(name) === undefined) return;
    worker.enqueue(name, { priority: initial ? PRIORITY_RESYNC : PRIORITY_CHANGE, after });
  }

  /** What one tenant is granted bears on the others: a VLAN may be granted twice. */
  function onGrants({ initial }: { initial: boolean }): void {
    grants = undefined;
    // At first each Tenant comes by itself.
    if (initial) return;
    for (const { metadata } of tenants.store.list()) enqueue(metadata.name, true, GATHER_MS);
  }

  function onTenant({ key, object, previous, initial }: Change<Tenant>): void {
    enqueue(key, initial);
    // Our own writes of status change no generation.
    if (object?.metadata.generation !== previous?.metadata.generation) onGrants({ initial });
  }

  function onDevice({ object, previous, initial }: Change<Device>): void {
    // What a switch reports changes nobody's usage.
    if (object?.metadata.generation === previous?.metadata.generation) return;
    for (const name of new Set([...tenantsOf(object), ...tenantsOf(previous)]))
      enqueue(name, initial, GATHER_MS);
  }

  /** An object in a tenant's namespace that the controller keeps. */
  function onKept({ key, initial }: Pick<Change<never>, 'key' | 'initial'>): void {
    enqueue(refOf(key).namespace ?? '', initial);
  }

  tenants.onChange(onTenant);
  namespaces.onChange(({ key, initial }) => enqueue(key, initial));
  for (const source of bindings.values()) source.onChange(onKept);
  limits.onChange(onKept);
  interfaces.onChange(({ key, initial }: Change<Interface>) =>
    enqueue(refOf(key).namespace ?? '', initial, GATHER_MS),
  );
  devices.onChange(onDevice);
  catalogs.onChange(onGrants);
  for (const source of sources) source.start();

  return {
    hasSynced: () => sources.every((source) => source.hasSynced()),
    lead: () => worker.start(),
    async stopWatching() {
      await Promise.all(sources.map((source) => source.stop()));
    },
    stopWriting: () => worker.stop(),
  };
}
