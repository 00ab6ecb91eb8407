/** Memory, CPU and time of each service with many requests on many switches. */
import { INVENTORY_SECRET, PLATFORM_NAMESPACE } from '../crds/names.ts';
import { client } from '../lib/kube/client.ts';
import { isNotFound } from '../lib/kube/errors.ts';
import type { Interface } from '../crds/types.gen.ts';
import type { Connection } from '../lib/kube/connection.ts';
import { INTERFACES, MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from '../lib/kube/resources.ts';
import { CONFIGURATION } from '../webhooks/configurations/webhook-configurations.ts';
import type { Benchmark, BenchmarkOptions } from './benchmark.ts';
import { metricsPage } from './measure/metrics-page.ts';
import { processUsage } from './measure/process-usage.ts';
import { sightings, type Sightings } from './measure/sightings.ts';
import { digits, spread } from './measure/statistics.ts';
import { table } from './measure/table.ts';
import { inParallel, until } from './world/in-parallel.ts';
import { pausedInventory } from './world/inventory.ts';
import { deviceNames } from './world/ledger.ts';
import {
  NAMESPACES,
  PAIR,
  PAIR_REQUESTS,
  REQUESTS,
  allAccepted,
  pairRequest,
  requestOf,
  storeRequests,
} from './world/requests.ts';
import { manifests, startWorld, type Service, type ServiceName, type World } from './world/world.ts';

const SERVICES: readonly ServiceName[] = ['webhooks', 'interface-watcher', 'device-watcher', 'scheduler'];
const CONTROLLERS = SERVICES.slice(1);
const API_SERVER = 'kube-apiserver';
/** Until all that was stored is also reported. */
const REPORT_TIMEOUT_MS = 600_000;
/** Clients at once in a burst. */
const CLIENTS = 16;
const SYNC_TIMEOUT_MS = 120_000;

interface Size {
  readonly interfaces: number;
  readonly devices: number;
}

const benchmark: Benchmark = {
  title: 'Many requests: memory, cold start, cost of a change',
  about:
    'Ten requests of four ports each on every switch, in ten namespaces; every switch is paused in the inventory, ' +
    'so that nothing is pushed and only the controllers work. A real API server, the services as bundles with their ' +
    'own accounts. Requests and ledgers are stored as the services would have left them, then the services come up. *Ready*: the process was started again and its `/readyz` says that all caches are filled. ' +
    '*Synced*: everything found was also reconciled, the queues are empty. One change: the VLAN of one request, ' +
    'from the apply until all controllers rest; CPU without what they use at rest. ' +
    'Accepted is what a watch has shown as accepted. ' +
    'Goals: synced within 5 s, at most 300 MiB, at most 10 ms of controller CPU for a change.',
  run,
};
export default benchmark;

async function run({ quick, progress, ...options }: BenchmarkOptions): Promise<string> {
  const sizes = (options.sizes ?? (quick ? [10, 20, 30] : [100, 300, 1000])).map((devices): Size => {
    return { devices, interfaces: devices * REQUESTS };
  });
  const restarts = quick ? 1 : 3;
  const changes = quick ? 10 : 50;
  const world = await startWorld(progress);
  try {
    await world.apply(
      await manifests(
        'webhooks/rbac.yaml',
        'tools/platform/manifests/defaults.yaml',
        ...['interface-watcher', 'device-watcher', 'scheduler', 'enforcer'].map(
          (name) => `services/${name}/rbac.yaml`,
        ),
      ),
    );
    await world.apply(
      NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    );
    const services = new Map<ServiceName, Service>();
    const states: (string | number)[][] = [];
    const changesTable: (string | number)[][] = [];
    let devices = 0;
    for (const size of sizes) {
      await Promise.all([...services.values()].map(({ process }) => process.stop()));
      const started = performance.now();
      await setInventory(world, size.devices);
      await forgetWebhooks(world.api);
      await storeRequests(world.api, devices, size.devices);
      await world.apply(await manifests('webhooks/webhooks.yaml'));
      devices = size.devices;
      progress(`${size.interfaces} requests on ${devices} switches are stored`);
      for (const name of SERVICES) services.set(name, await world.service(name));
      await Promise.all([...services.values()].map(({ process }) => process.whenReady(SYNC_TIMEOUT_MS)));
      await resting(services, REPORT_TIMEOUT_MS);
      await allAccepted(world.api, size.interfaces);
      progress(
        `all are accepted, ${digits((performance.now() - started) / 1000)} s after the first was stored`,
      );

      const usage = new Map<ServiceName, ColdStart[]>();
      for (let round = 0; round < restarts; round += 1) {
        for (const name of SERVICES) {
          const { service, cold } = await restart(world, services, name, size);
          services.set(name, service);
          usage.set(name, [...(usage.get(name) ?? []), cold]);
        }
      }
      for (const [name, colds] of usage) {
        states.push([
          size.interfaces,
          name,
          spread(colds.map(({ readyMs }) => readyMs / 1000)),
          spread(colds.map(({ syncedMs }) => syncedMs / 1000)),
          spread(colds.map(({ cpuMs }) => cpuMs / 1000)),
          spread(colds.map(({ memory }) => memory)),
          spread(colds.map(({ peak }) => peak)),
        ]);
      }
      progress(`${size.interfaces} requests: cold starts measured`);
      const seen = sightings(world.api, INTERFACES);
      await seen.whenSynced();
      try {
        changesTable.push([size.interfaces, ...(await costOfChange(world, services, seen, size, changes))]);
      } finally {
        await seen.stop();
      }
      progress(`${size.interfaces} requests: changes measured`);
    }
    return [
      `Cold start: median of ${restarts} (least–most).`,
      table(
        ['Requests', 'Service', 'Ready, s', 'Synced, s', 'CPU until then, s', 'Memory, MiB', 'Peak, MiB'],
        states,
      ),
      `One change: mean of ${changes}, one after the other; the time until it was accepted. A burst: ${changes * 4} changes by ${CLIENTS} clients at once, until all are accepted. A pair: ${PAIR_REQUESTS} new requests at once, each for a port of both of two further switches, until all are accepted.`,
      table(
        [
          'Requests',
          ...CONTROLLERS.map((name) => `${name}, ms`),
          'All controllers, ms',
          'Webhooks, ms',
          'API server, ms',
          'Accepted after, ms',
          'Changes/s in a burst',
          'A pair, s',
        ],
        changesTable,
      ),
    ].join('\n\n');
  } finally {
    await world.stop();
  }
}

async function setInventory(world: World, devices: number): Promise<void> {
  const { hosts, groups } = pausedInventory([...deviceNames(1, devices + 1), ...PAIR]);
  await world.apply([
    {
      ...{
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: INVENTORY_SECRET, namespace: PLATFORM_NAMESPACE },
      },
      ...{ stringData: { 'hosts.yaml': hosts, 'groups.yaml': groups } },
    },
  ]);
}

/** While the webhooks are away nothing could be stored past them. */
async function forgetWebhooks(api: Connection): Promise<void> {
  await client(api, MUTATING_WEBHOOKS).delete({ name: CONFIGURATION }).catch(unlessMissing);
  await client(api, VALIDATING_WEBHOOKS).delete({ name: CONFIGURATION }).catch(unlessMissing);
}

function unlessMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

interface ColdStart {
  readonly readyMs: number;
  readonly syncedMs: number;
  readonly cpuMs: number;
  readonly memory: number;
  readonly peak: number;
}

/** Ends a service in order and starts it again, with nothing but what is stored. */
async function restart(
  world: World,
  services: ReadonlyMap<ServiceName, Service>,
  name: ServiceName,
  { interfaces, devices }: Size,
): Promise<{ service: Service; cold: ColdStart }> {
  await services.get(name)?.process.stop();
  const started = performance.now();
  const service = await world.service(name);
  await service.process.whenReady(SYNC_TIMEOUT_MS);
  const readyMs = performance.now() - started;
  // What a service holds, so that an empty queue is not taken for one that was worked off.
  const held = {
    webhooks: devices,
    'interface-watcher': interfaces,
    'device-watcher': devices,
    scheduler: devices,
  };
  await until(`${name} has synced`, SYNC_TIMEOUT_MS, 100, async () => {
    const page = await metricsPage(service.http);
    const leads = name === 'webhooks' || page.sum('leader_election_master_status') === 1;
    const reconciled = page.sum('controller_runtime_reconcile_total');
    const all = name !== 'interface-watcher' || reconciled >= interfaces;
    return leads && all && page.sum('reflector_objects') >= held[name] && isIdle(page);
  });
  const syncedMs = performance.now() - started;
  const { cpuMs, memory, peak } = await processUsage(service.process.pid);
  return { service, cold: { readyMs, syncedMs, cpuMs, memory, peak } };
}

function isIdle(page: Awaited<ReturnType<typeof metricsPage>>): boolean {
  return page.sum('workqueue_depth') === 0 && page.sum('controller_runtime_active_workers') === 0;
}

/** Waits until no controller has work: three times in a row, since one's work is the next one's input. */
async function resting(services: ReadonlyMap<ServiceName, Service>, timeoutMs: number): Promise<void> {
  let quiet = 0;
  await until('all controllers rest', timeoutMs, 200, async () => {
    const pages = await Promise.all(CONTROLLERS.map((name) => metricsPage(services.get(name)?.http ?? '')));
    quiet = pages.every(isIdle) ? quiet + 1 : 0;
    return quiet === 3;
  });
}

async function costOfChange(
  world: World,
  services: ReadonlyMap<ServiceName, Service>,
  seen: Sightings<Interface>,
  { interfaces }: Size,
  changes: number,
): Promise<string[]> {
  const pids = new Map<string, number | undefined>([
    ...SERVICES.map((name) => [name, services.get(name)?.process.pid] as const),
    [API_SERVER, world.plane.pids[API_SERVER]],
  ]);
  const cpu = async () => {
    const used = [...pids].map(async ([name, pid]) => [name, (await processUsage(pid)).cpuMs] as const);
    return new Map(await Promise.all(used));
  };
  const spreadOut = (count: number) =>
    Array.from({ length: count }, (_, change) => (change * 7919) % interfaces);
  const idleMs = 5000;
  // Services that just came up run code that is not compiled yet.
  await secondsUntilAccepted(
    world,
    seen,
    spreadOut(changes).map((index) => requestOf(index, 900)),
  );
  await resting(services, SYNC_TIMEOUT_MS);
  const atRest = await cpu();
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const before = await cpu();
  const started = performance.now();
  const accepted: number[] = [];
  for (const [change, index] of spreadOut(changes).entries()) {
    accepted.push(1000 * (await secondsUntilAccepted(world, seen, [requestOf(index, 20 + change)])));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  const elapsed = performance.now() - started;
  const after = await cpu();
  const of = (name: string) => {
    const [rest = 0, from = 0, to = 0] = [atRest, before, after].map((all) => all.get(name));
    return (to - from - ((from - rest) / idleMs) * elapsed) / changes;
  };
  const sum = CONTROLLERS.reduce((total, name) => total + of(name), 0);
  const burst = spreadOut(changes * 4).map((index) => requestOf(index, 1000));
  const burstSeconds = await secondsUntilAccepted(world, seen, burst);
  await resting(services, SYNC_TIMEOUT_MS);
  const pair = Array.from({ length: PAIR_REQUESTS }, (_, index) => pairRequest(index));
  const pairSeconds = await secondsUntilAccepted(world, seen, pair, PAIR_REQUESTS);
  await forget(world, pair);
  await resting(services, SYNC_TIMEOUT_MS);
  return [
    ...CONTROLLERS.map((name) => digits(of(name))),
    ...[digits(sum), digits(of('webhooks')), digits(of(API_SERVER)), spread(accepted)],
    ...[digits(burst.length / burstSeconds), digits(pairSeconds)],
  ];
}

/** Applies requests, so many at once, until a watch has shown the last of them as accepted. */
async function secondsUntilAccepted(
  world: World,
  seen: Sightings<Interface>,
  wanted: readonly Interface[],
  clients = CLIENTS,
): Promise<number> {
  const api = client(world.api, INTERFACES);
  const started = performance.now();
  const accepted: Promise<unknown>[] = [];
  await inParallel(wanted, clients, async ({ metadata, spec }) => {
    const ref = { namespace: metadata.namespace, name: metadata.name };
    const { metadata: stored } = await api.patch(
      ref,
      { spec },
      { type: 'apply', fieldManager: 'bench', force: true },
    );
    accepted.push(
      seen.first(
        (found) =>
          found.metadata.uid === stored.uid &&
          (found.status?.claim?.accepted?.generation ?? 0) >= (stored.generation ?? 0),
      ),
    );
  });
  const late = AbortSignal.timeout(SYNC_TIMEOUT_MS);
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () =>
      reject(new Error(`not all of ${wanted.length} changes were accepted in time`)),
    );
  });
  await Promise.race([Promise.all(accepted), tooLate]);
  return (performance.now() - started) / 1000;
}

/** Removes requests without waiting for their switches, which are paused for ever. */
async function forget(world: World, requests: readonly Interface[]): Promise<void> {
  const api = client(world.api, INTERFACES);
  await inParallel(requests, CLIENTS, async ({ metadata }) => {
    const ref = { namespace: metadata.namespace, name: metadata.name };
    await api.delete(ref);
    await api.patch(ref, { metadata: { finalizers: null } }, { type: 'merge' }).catch(unlessMissing);
  });
}
