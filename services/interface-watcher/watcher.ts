import type { Device, Interface, Tenant } from '../../crds/types.gen.ts';
import { API_VERSION } from '../../crds/names.ts';
import { catalogReader, catalogRef } from '../../lib/inventory/catalog-reader.ts';
import { pause, systemClock } from '../../lib/kube/clock.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { controller } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import type { EventRecorder } from '../../lib/kube/events.ts';
import { keptBook } from '../../lib/grants/kept-book.ts';
import { isFresh } from '../../lib/kube/freshness.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import { CONFIG_MAPS, DEVICES, INTERFACES, TENANTS } from '../../lib/kube/resources.ts';
import { shared } from '../../lib/kube/store.ts';
import { keyOf, refOf } from '../../lib/kube/types.ts';
import { isKept, isRebuilding } from '../../lib/ledger/release.ts';
import { isAccepted, requestFacts } from '../../lib/ledger/request.ts';
import type { Claimed } from '../../lib/ledger/settle.ts';
import { claimants, hasUnsettled } from '../../lib/ledger/settle.ts';
import { apiWorld } from './api-world.ts';
import { WriteNeeded, cachedWorld } from './cached-world.ts';
import {
  BY_CLAIM,
  BY_DEVICE,
  BY_HOLDER,
  BY_LIMIT,
  BY_NAMESPACE,
  claimsOf,
  devicesOf,
  holdersOf,
  limitedNamespaceOf,
  namespaceOf,
} from './indexes.ts';
import { lines } from './lines.ts';
import { reconcileDevice } from './reconcile-device.ts';
import { TurnNeeded, reconcileRequest } from './reconcile-request.ts';
import type { Reconciled } from './reconcile-request.ts';
import { tenancy } from './tenancy.ts';
import { turns } from './turns.ts';
import { transitions } from './transitions.ts';
import { unseenLedgers } from './unseen-ledgers.ts';
import { wakeOnChange } from './wake-on-change.ts';
import type { DeviceWorld, RequestRef } from './world.ts';

export interface WatcherOptions {
  connection: Connection;
  /** The platform's. */
  namespace: string;
  log: Log;
  metrics?: Metrics;
  events: Pick<EventRecorder, 'event'>;
  /** Messages do not tell which other tenant holds a port. */
  hideOwners: boolean;
  /** A namespace without Tenant gets nothing. */
  requireTenant: boolean;
  clock?: Clock;
  random?: () => number;
  /** For tests: what stands between the reconciles and the API server. */
  wrap?: (world: DeviceWorld) => DeviceWorld;
}

export interface Watcher {
  /** Caches fill; nothing is reconciled. */
  watch(): void;
  hasSynced(): boolean;
  /** Workers run until `stop`. */
  start(): Promise<void>;
  stopWatching(): Promise<void>;
  stopWorking(): Promise<void>;
}

/** Longest wait for the caches to show what was just written; then the dry run may do what is done already. */
const BARRIER_MS = 1000;
/** All claims of all Devices are checked by GETs this often, whatever the caches say (R6). */
const RESYNC_MS = 60 * 60 * 1000;
/** Others write to the same ledger: step aside for up to this long, times the round. */
const ASIDE_MS = 10;

/** Follows Interfaces, Devices and the catalog, and reconciles what they touch. */
export function watcher(options: WatcherOptions): Watcher {
  const {
    connection,
    namespace: platform,
    log,
    metrics,
    events,
    clock = systemClock,
    random = Math.random,
  } = options;
  const now = (): string => new Date(clock.now()).toISOString();
  const kit = { log, clock, random, ...(metrics === undefined ? {} : { metrics }) };
  const interfaces = informer(connection, INTERFACES, {
    ...kit,
    indexes: { [BY_DEVICE]: devicesOf, [BY_NAMESPACE]: namespaceOf, [BY_LIMIT]: limitedNamespaceOf },
  });
  const devices = informer(connection, DEVICES, {
    ...kit,
    namespace: platform,
    indexes: { [BY_CLAIM]: claimsOf, [BY_HOLDER]: holdersOf },
  });
  const catalog = catalogRef(platform);
  const catalogs = informer(connection, CONFIG_MAPS, {
    ...kit,
    namespace: platform,
    fieldSelector: `metadata.name=${catalog.name}`,
  });
  const tenants = informer(connection, TENANTS, { ...kit, transform: withoutStatus });
  const sources = [interfaces, devices, catalogs, tenants];
  const grants = keptBook();
  const limits = tenancy({
    grants,
    requireTenant: options.requireTenant,
    ledgersOf: (tenant) => devices.store.byIndex(BY_HOLDER, tenant) as Device[],
    ledger: cachedLedger,
  });
  const unseen = unseenLedgers(cachedLedger);
  const readCatalog = catalogReader((problem) =>
    log.error({ problem }, 'Cannot read the catalog; nothing is claimed'),
  );
  const readLiveCatalog = catalogReader((problem) => log.error({ problem }, 'Cannot read the catalog'));
  const inventory = () => readCatalog(catalogs.store.get(`${catalog.namespace}/${catalog.name}`));
  const caches = cachedWorld(platform, interfaces.store, devices.store, tenants.store, inventory, now);
  const aside = (round: number, signal: AbortSignal) => pause(clock, random() * ASIDE_MS * round, signal);
  const devicesInTurn = turns();
  const tenantsInLine = lines((key) => requests.enqueue(key));
  /** Devices whose claims are all to be checked. */
  const overdue = new Set<string>();

  const requests = controller({
    ...kit,
    name: 'requests',
    // Most of them wait for their turn at a switch: as many as a burst on a few switches may hold up.
    workers: 64,
    sources,
    begin: () => interfaces.store.list().map(keyOf),
    async reconcile(key, signal) {
      try {
        return await reconcileInterface(key, signal);
      } finally {
        // Called, and there was nothing to count any more.
        tenantsInLine.leave(refOf(key).namespace ?? '', key);
      }
    },
  });
  const ledgers = controller({
    ...kit,
    name: 'ledgers',
    workers: 4,
    sources,
    // R6: claims of requests that went while nobody led are found on their ledgers.
    begin: knownDevices,
    reconcile: reconcileLedger,
    resync: { keys: overdueLedgers, everyMs: RESYNC_MS },
  });

  /** What grants rest on, besides the ledgers: old lists may permit what has been taken back. */
  function outdated(counting: boolean): string | undefined {
    const at = clock.monotonic();
    if (!isFresh(catalogs, at)) return 'the inventory: the API server is silent about it';
    if (!isFresh(tenants, at)) return 'the list of tenants: the API server is silent about it';
    if (counting && !isFresh(devices, at)) return 'the ledgers: the API server is silent about them';
    return undefined;
  }

  /** A world for one reconcile, and a barrier: fulfilled when the caches show what was written through it. */
  function live(signal: AbortSignal): { world: DeviceWorld; barrier(): Promise<void> } {
    const written = { Interface: new Set<string>(), Device: new Set<string>() };
    const world = apiWorld({
      connection,
      namespace: platform,
      signal,
      cachedInventory: inventory,
      parseInventory: readLiveCatalog,
      onWrite: (kind, version) => written[kind].add(version),
      onAlert: (request, note) => {
        log.error({ request: `${request.metadata.namespace}/${request.metadata.name}` }, note);
        events.event({
          regarding: regarding(request),
          type: 'Warning',
          reason: 'LedgerRebuilt',
          action: 'Rebuild',
          note,
        });
      },
      now,
    });
    const barrier = async (): Promise<void> => {
      const late = new AbortController();
      const cancel = clock.after(BARRIER_MS, () => late.abort(new Error('The caches are late')));
      const timeout = AbortSignal.any([signal, late.signal]);
      const reached = [
        ...[...written.Interface].map((version) => interfaces.reached('', version, timeout)),
        ...[...written.Device].map((version) => devices.reached('', version, timeout)),
      ];
      // A barrier that is not reached costs reads, never correctness.
      await Promise.allSettled(reached);
      cancel();
    };
    return { world: options.wrap?.(world) ?? world, barrier };
  }

  async function reconcileInterface(key: string, signal: AbortSignal): Promise<Result> {
    const hint = shared<Interface>(interfaces.store.get(key));
    // Gone: what it has left behind is found by uid, on the Devices (R6).
    if (hint === undefined) return;
    const { namespace = '', name } = refOf(key);
    const ref: RequestRef = { namespace, name };
    const facts = requestFacts(hint);
    const suspects = devices.store.byIndex(BY_CLAIM, facts.uid).map((device) => device.metadata.name);
    const settings = {
      hint,
      suspects,
      hideOwners: options.hideOwners,
      tenancy: limits,
      outdated,
      pause: (round: number) => aside(round, signal),
    };
    try {
      return again(await reconcileRequest(caches, ref, { ...settings, unseen: () => [] }));
    } catch (error) {
      if (!(error instanceof WriteNeeded)) throw error;
    }
    const { world, barrier } = live(signal);
    const touched = [...devicesOf(hint), ...suspects];
    // Two requests of a limited tenant must not count its ports at the same time: each counts what the one before has
    // claimed.
    const counted = async (): Promise<Reconciled | undefined> => {
      if (!tenantsInLine.enter(namespace, key)) return undefined;
      const keeping = unseen.keeping(namespace, world);
      const counting = { ...settings, unseen: () => unseen.of(namespace) };
      try {
        return await devicesInTurn.take(touched, () => reconcileRequest(keeping, ref, counting));
      } finally {
        tenantsInLine.leave(namespace, key);
      }
    };
    const uncounted = () => devicesInTurn.take(touched, () => reconcileRequest(world, ref, settings));
    const isCounted = limits.isLimited(namespace) && !facts.deleting && !isAccepted(facts);
    // What is not as the caches showed is found before anything is claimed.
    const result = await (isCounted
      ? counted()
      : uncounted().catch((error: unknown) => {
          if (error instanceof TurnNeeded) return counted();
          throw error;
        }));
    if (result !== undefined) {
      for (const transition of transitions(result.before, result.after)) {
        events.event({ regarding: regarding(result.after), ...transition });
      }
    }
    await barrier();
    unseen.tidy(namespace);
    return again(result);
  }

  async function reconcileLedger(name: string, signal: AbortSignal): Promise<void> {
    const all = overdue.delete(name);
    if (!all && isQuiet(name)) return;
    const { world, barrier } = live(signal);
    try {
      const suspects = (claimed: Claimed): boolean => all || isSuspect(name, claimed);
      const settings = { namespace: platform, suspects, pause: (round: number) => aside(round, signal) };
      await devicesInTurn.take([name], () => reconcileDevice(world, name, settings));
    } catch (error) {
      if (all) overdue.add(name);
      throw error;
    }
    await barrier();
  }

  function cachedLedger(name: string): Device | undefined {
    return shared<Device>(devices.store.get(`${platform}/${name}`));
  }

  /** Whether the caches show a ledger with nothing to do: most changes are confirmations and claims of the living. */
  function isQuiet(name: string): boolean {
    const ledger = cachedLedger(name);
    if (ledger === undefined || inventory()?.has(name) !== true) return false;
    if (!isKept(ledger) || isRebuilding(ledger)) return false;
    return !claimants(ledger).some((claimed) => isSuspect(name, claimed));
  }

  /** Whether the caches show a claim that R3 may change. Its Interface is then read; the caches decide nothing. */
  function isSuspect(device: string, { namespace, owner, uid }: Claimed): boolean {
    const request = shared<Interface>(interfaces.store.get(`${namespace}/${owner}`));
    const ledger = cachedLedger(device);
    if (request === undefined || ledger === undefined) return true;
    return hasUnsettled(ledger, uid, requestFacts(request));
  }

  function* overdueLedgers(): Iterable<string> {
    for (const device of devices.store.list()) {
      overdue.add(device.metadata.name);
      yield device.metadata.name;
    }
  }

  /** Of the inventory, and those with a ledger. */
  function knownDevices(): Set<string> {
    const stored = devices.store.list().map(({ metadata }) => metadata.name);
    return new Set([...(inventory()?.keys() ?? []), ...stored]);
  }

  wakeOnChange({ interfaces, devices, catalogs, tenants, grants, knownDevices, requests, ledgers });
  return {
    watch: () => sources.forEach((source) => source.start()),
    hasSynced: () => sources.every((source) => source.hasSynced()),
    start: async () => {
      await Promise.all([requests.start(), ledgers.start()]);
    },
    stopWatching: async () => {
      await Promise.all(sources.map((source) => source.stop()));
    },
    stopWorking: async () => {
      await Promise.all([requests.stop(), ledgers.stop()]);
    },
  };
}

function again(reconciled: Reconciled | undefined): Result {
  return reconciled?.againAfter === undefined ? undefined : { requeueAfter: reconciled.againAfter };
}

/** A Tenant's status follows what is claimed here: nothing is decided by it. */
function withoutStatus({ apiVersion, kind, metadata, spec }: Tenant): Tenant {
  return { apiVersion, kind, metadata, spec };
}

/** Names an Interface in an Event. */
function regarding({ metadata }: Interface): Parameters<EventRecorder['event']>[0]['regarding'] {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: API_VERSION,
    kind: INTERFACES.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}
