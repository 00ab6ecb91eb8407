import { CATALOG_CONFIGMAP, LIMITS_CONFIGMAP } from '../../crds/names.ts';
import type { Device, Interface, Tenant } from '../../crds/types.gen.ts';
import { keptBook } from '../../lib/grants/kept-book.ts';
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
import { shared } from '../../lib/kube/store.ts';
import { refOf } from '../../lib/kube/types.ts';
import { BINDINGS } from './bindings.ts';
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
  const book = keptBook();

  const worker = controller({
    ...kit,
    name: 'tenant',
    sources,
    begin: names,
    resync: { keys: names },
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
      grants() {
        const inventory = readCatalog(catalogs.store.get(`${platform}/${CATALOG_CONFIGMAP}`));
        return inventory && book.book(inventory);
      },
      log,
      now: () => new Date(clock.now()).toISOString(),
    }),
  });

  /** Namespaces in which something is kept as well: their Tenant may be gone. */
  function names(): Set<string> {
    const kept = [limits, ...bindings.values()].flatMap(({ store }) => store.list());
    return new Set([
      ...tenants.store.list().map(({ metadata }) => metadata.name),
      ...kept.map(({ metadata }) => metadata.namespace ?? ''),
    ]);
  }

  function enqueue(name: string, initial: boolean, after = 0): void {
    if (tenants.store.get(name) === undefined) return;
    worker.enqueue(name, { priority: initial ? PRIORITY_RESYNC : PRIORITY_CHANGE, after });
  }

  function onTenant({ key, object, initial }: Change<Tenant>): void {
    enqueue(key, initial);
    const concerned = book.put(key, shared<Tenant>(object));
    // At first each Tenant comes by itself.
    if (initial) return;
    for (const name of concerned) enqueue(name, true, GATHER_MS);
  }

  function onCatalog({ initial }: { initial: boolean }): void {
    if (initial) return;
    for (const { metadata } of tenants.store.list()) enqueue(metadata.name, true, GATHER_MS);
  }

  function onDevice({ object, previous, initial }: Change<Device>): void {
    const [now, before] = [object?.metadata, previous?.metadata];
    // What a switch reports changes nobody's usage.
    if (now?.uid === before?.uid && now?.generation === before?.generation) return;
    for (const name of new Set([...tenantsOf(object), ...tenantsOf(previous)]))
      enqueue(name, initial, GATHER_MS);
  }

  /** An object in a tenant's namespace that the controller keeps; its Tenant may be gone. */
  function onKept({ key, initial }: Pick<Change<never>, 'key' | 'initial'>): void {
    worker.enqueue(refOf(key).namespace ?? '', { priority: initial ? PRIORITY_RESYNC : PRIORITY_CHANGE });
  }

  tenants.onChange(onTenant);
  namespaces.onChange(({ key, initial }) => enqueue(key, initial));
  for (const source of bindings.values()) source.onChange(onKept);
  limits.onChange(onKept);
  interfaces.onChange(({ key, initial }: Change<Interface>) =>
    enqueue(refOf(key).namespace ?? '', initial, GATHER_MS),
  );
  devices.onChange(onDevice);
  catalogs.onChange(onCatalog);
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
