import type { Outcome } from '../../crds/reasons.ts';
import type { Device } from '../../crds/types.gen.ts';
import type { Inventory, InventoryDevice } from '../../lib/inventory/device.ts';
import { client } from '../../lib/kube/client.ts';
import { systemClock, type Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { controller } from '../../lib/kube/controller.ts';
import { isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import { DEVICES, LEASES } from '../../lib/kube/resources.ts';
import { loadAccessMemory, type AccessMemory } from './access.ts';
import { ALL, askStore, readAsks, type Ask } from './ask.ts';
import { CATALOG, publishCatalog } from './catalog.ts';
import { complianceInterval, due, type DueInput, type Verdict } from './due.ts';
import type { ConfigMapLike } from '../../lib/render/config-map.ts';
import { flights, type Flights } from './in-flight.ts';
import { gather } from './gather.ts';
import type { InventorySource } from './inventory-source.ts';
import { jobName, serves, slicesOf, type JobOrder } from './job.ts';
import { judge } from './judge.ts';
import { writeJudgement } from './judgement-write.ts';
import { launcher } from './launch.ts';
import { orders, type DueDevice } from './orders.ts';
import { platformDigests, type PlatformDigest } from './platform-digests.ts';
import { deviceOf, versionOf, type Stores } from './stores.ts';
import { wakeUps } from './wake-ups.ts';

export interface SchedulerOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** Image of the enforcer's Pods. */
  readonly image: string;
  readonly stores: Stores;
  readonly inventory: InventorySource;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Counts Jobs made and failed. */
  launched?(result: 'made' | 'failed'): void;
}

export interface Scheduler {
  /** Begins to make Jobs and to judge; until then it only watches. */
  lead(): Promise<void>;
  stop(): Promise<void>;
}

/** What was tried last, as long as this process remembers; it only slows down, what is due does not depend on it. */
interface LastLaunch {
  readonly job: string;
  readonly signature: string;
  readonly repeats: number;
  readonly access: string;
}

/** Outcomes that another address, key or password may cure. */
const ACCESS_OUTCOMES: readonly Outcome[] = ['auth-failed', 'host-key-unknown', 'not-adopted', 'unreachable'];
/** Leaves the ledger's writers time for their next write (a status write costs them a conflict). */
const JUDGE_AFTER_MS = 50;
const CLEAN_UP_MS = 60_000;
const LAUNCH_RETRY_MS = 5000;
/** Devices looked at before other work gets its turn. */
const CHUNK = 100;

/** Makes a Job for whatever is due, one per device at a time, and tells how each device stands. */
export function scheduler(options: SchedulerOptions): Scheduler {
  const { connection, namespace, stores, inventory, log, metrics } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const devices = client(connection, DEVICES);
  const leases = client(connection, LEASES, { timeoutMs: 5000 });
  const store = askStore(connection, namespace);
  const launch = launcher({ connection, namespace, clock, log });
  const digests = platformDigests(() => stores.platform.store.list() as ConfigMapLike[]);
  const gatherer = gather((names) => void flush(names), clock);
  const wake = wakeUps((name) => gatherer.add(name), clock);
  /** Jobs being made, or not yet in the store, by device. */
  const launching = new Map<string, string>();
  const lastLaunches = new Map<string, LastLaunch>();
  /** Jobs that ended without a result, as a read of the Device has shown, by device. */
  const confirmedSilent = new Map<string, string>();
  const checked = new Map<string, number>();
  let memory: AccessMemory | undefined;
  let leading = false;
  let cancelCleanUp = (): void => {};

  const judging = controller({
    name: 'judgement',
    log,
    metrics,
    backoff: { baseMs: 50, maxMs: 30_000 },
    reconcile: judgeDevice,
  });
  const publishing = controller({
    name: 'catalog',
    log,
    metrics,
    workers: 1,
    backoff: { baseMs: 500, maxMs: 60_000 },
    async reconcile() {
      const current = inventory.current();
      if (current !== undefined) await publishCatalog(connection, namespace, current);
    },
  });

  stores.devices.onChange(({ key }) => touch(nameOf(key)));
  stores.models.onChange(({ object, previous }) => {
    for (const model of [object, previous]) {
      const device = model === undefined ? undefined : deviceOf(model);
      if (device !== undefined) touch(device);
    }
  });
  stores.platform.onChange(({ key }) => {
    if (nameOf(key) === CATALOG) return publishing.enqueue(CATALOG);
    digests.forget();
    touchAll();
  });
  stores.asks.onChange(({ object, previous }) => {
    for (const name of Object.keys({ ...object?.data, ...previous?.data })) {
      if (name === ALL) touchAll();
      else touch(name);
    }
  });
  for (const source of [stores.jobs, stores.pods]) {
    source.onChange(({ object, previous }) => {
      for (const name of slicesOf(object ?? previous ?? { metadata: {} }).flat()) touch(name);
    });
  }
  stores.jobs.onChange(({ key }) => forgetLaunch(nameOf(key)));
  inventory.onChange(() => {
    digests.forget();
    touchAll();
    publishing.enqueue(CATALOG);
  });

  function touch(name: string): void {
    if (!leading) return;
    gatherer.add(name);
    judging.enqueue(name, { after: JUDGE_AFTER_MS });
  }

  function touchAll(): void {
    for (const { metadata } of stores.devices.store.list()) touch(metadata.name);
  }

  function deviceNamed(name: string): Device | undefined {
    // The decisions take a Device and change nothing in it.
    return stores.devices.store.get(`${namespace}/${name}`) as Device | undefined;
  }

  function flightsOf(name: string, device: Device): Flights {
    const jobs = stores.jobs.store.byIndex('device', name);
    const pods = stores.pods.store.byIndex('device', name);
    const launched = launching.get(name);
    return flights(name, device.status?.attempted, jobs, pods, launched === undefined ? [] : [launched]);
  }

  function platformOf(name: string, current: Inventory): PlatformDigest {
    try {
      return digests.of(name, current);
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  async function judgeDevice(name: string): Promise<void> {
    const device = deviceNamed(name);
    const current = inventory.current();
    // Without an inventory nobody knows which devices there are.
    if (device === undefined || current === undefined || !leading) return;
    const entry = current.devices.get(name);
    const known = entry === undefined ? undefined : { ports: entry.ports.length, mode: entry.mode };
    const platform = entry === undefined ? { problem: 'not in the inventory' } : platformOf(name, current);
    await writeJudgement(
      devices,
      device,
      (now) => judge({ device: now, known, platform, inFlight: flightsOf(name, now).inFlight !== undefined }),
      `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
    );
  }

  /** What is to be done about one device now. undefined: nothing, before an event. */
  function evaluate(
    name: string,
    current: Inventory,
    asks: ReadonlyMap<string, Ask>,
  ): { verdict: Verdict; item: DueDevice } | undefined {
    const device = deviceNamed(name);
    const entry = current.devices.get(name);
    if (device === undefined || entry === undefined || memory === undefined) {
      wake.delete(name);
      return undefined;
    }
    const seen = flightsOf(name, device);
    if (seen.silent !== undefined && confirmedSilent.get(name) !== seen.silent) {
      void confirmSilence(name, seen.silent);
      return undefined;
    }
    rememberAccess(name, device, memory);
    const ask = waitingAsk(name, asks);
    const sweep = asks.get(ALL);
    const checkedAt = Math.max(checked.get(name) ?? 0, seen.checkedAt ?? 0);
    const swept = Math.max(checkedAt, Date.parse(device.status?.attempted?.at ?? '') || 0);
    const isSwept = sweep === undefined || swept >= sweep.at;
    const verdict = due({
      device,
      model: versionOf(stores.models.store.get(`${namespace}/interfaces-${name}`)),
      platform: digestOf(platformOf(name, current)),
      mode: entry.mode,
      access: { now: memory.digest(entry), attempted: memory.triedBy(name, device.status?.attempted?.job) },
      ask: ask !== undefined ? 'named' : isSwept ? undefined : 'sweep',
      inFlight: seen.inFlight !== undefined,
      lost: seen.lost,
      fruitless: fruitlessOf(name, device),
      checkedAt: checkedAt === 0 ? undefined : checkedAt,
      complianceInterval: complianceInterval(current.devices.size),
      now: clock.now(),
    } satisfies DueInput);
    return { verdict, item: { name, ask, step: isSwept ? undefined : sweep.step } };
  }

  /** One device that cannot be judged, as by an annotation that was tampered with, must not stop the others. */
  function tryToEvaluate(...args: Parameters<typeof evaluate>): ReturnType<typeof evaluate> {
    try {
      return evaluate(...args);
    } catch (error) {
      log.error({ device: args[0], error: messageOf(error) }, 'Could not tell whether a device is due');
      return undefined;
    }
  }

  /** The ask by name that no Job serves yet. */
  function waitingAsk(name: string, asks: ReadonlyMap<string, Ask>): Ask | undefined {
    const ask = asks.get(name);
    if (ask === undefined) return undefined;
    const served = stores.jobs.store.byIndex('device', name).some((job) => serves(job, name, ask.id));
    if (!served) return ask;
    // A scheduler that made the Job could not say so any more.
    void removeAsks(new Map([[name, ask.id]]));
    return undefined;
  }

  function fruitlessOf(name: string, device: Device): DueInput['fruitless'] {
    const last = lastLaunches.get(name);
    const attempted = device.status?.attempted;
    if (last === undefined || attempted?.job !== last.job) return undefined;
    if (attempted.outcome !== 'applied' && attempted.outcome !== 'unchanged') return undefined;
    return { signature: last.signature, count: last.repeats + 1, at: Date.parse(attempted.at ?? '') || 0 };
  }

  /** Keeps with which credentials a switch was tried in vain, so that a restart does not try them again. */
  function rememberAccess(name: string, device: Device, known: AccessMemory): void {
    const attempted = device.status?.attempted;
    const last = lastLaunches.get(name);
    if (last === undefined || attempted?.job !== last.job || attempted.outcome === undefined) return;
    if (!ACCESS_OUTCOMES.includes(attempted.outcome)) return;
    known
      .remember(name, last.job, last.access)
      .catch((error: unknown) =>
        log.warn({ device: name, error: messageOf(error) }, 'Could not keep which credentials were tried'),
      );
  }

  /** The end of a Pod may be seen before the result that its Job wrote: look, and only then believe. */
  async function confirmSilence(name: string, job: string): Promise<void> {
    try {
      const stored = await devices.get({ namespace, name });
      await stores.devices.reached(`${namespace}/${name}`, stored.metadata.resourceVersion ?? '');
      confirmedSilent.set(name, job);
      touch(name);
    } catch (error) {
      if (!isNotFound(error)) {
        log.warn({ device: name, error: messageOf(error) }, 'Could not see how a Job ended; looking again');
        wake.set(name, clock.now() + 1000);
      }
    }
  }

  async function flush(names: ReadonlySet<string>): Promise<void> {
    const current = inventory.current();
    if (!leading || current === undefined) return;
    const asks = readAsks(stores.asks.store.list()[0]?.data, clock.now());
    const found: (DueDevice & { signature: string; compliance: boolean })[] = [];
    let count = 0;
    for (const name of names) {
      count += 1;
      if (count % CHUNK === 0) await new Promise(setImmediate);
      if (launching.has(name)) continue;
      const result = tryToEvaluate(name, current, asks);
      if (result === undefined) continue;
      const { verdict, item } = result;
      if (!verdict.due) {
        wake.set(name, verdict.next);
        continue;
      }
      wake.delete(name);
      launching.set(name, '');
      const compliance = verdict.reasons.every((reason) => reason === 'compliance');
      found.push({ ...item, signature: verdict.signature, compliance });
      log.debug({ device: name, reasons: verdict.reasons }, 'Device is due');
    }
    const really = await withoutRecentlyChecked(found, current);
    await Promise.all(
      orders(really, { namespace, image: options.image, newName }).map((order) =>
        make(order, really, current),
      ),
    );
  }

  /** "Last checked" is the renewal of the device's Lease: a check that finds nothing writes no status. */
  async function withoutRecentlyChecked<T extends { name: string; compliance: boolean }>(
    found: readonly T[],
    current: Inventory,
  ): Promise<T[]> {
    const interval = complianceInterval(current.devices.size);
    const really = await Promise.all(
      found.map(async (item) => {
        const renewed = item.compliance ? await renewalOf(item.name) : 0;
        if (clock.now() >= renewed + interval) return [item];
        checked.set(item.name, renewed);
        launching.delete(item.name);
        gatherer.add(item.name);
        return [];
      }),
    );
    return really.flat();
  }

  async function renewalOf(name: string): Promise<number> {
    try {
      const lease = await leases.get({ namespace, name: `enforce-${name}` });
      return Date.parse(lease.spec?.renewTime ?? '') || 0;
    } catch (error) {
      if (!isNotFound(error)) log.debug({ device: name, error: messageOf(error) }, 'Could not read a Lease');
      return 0;
    }
  }

  function newName(): string {
    const random36 = Array.from({ length: 10 }, () => Math.floor(random() * 36).toString(36)).join('');
    return jobName(clock.now(), random36);
  }

  async function make(
    order: JobOrder,
    found: readonly { name: string; signature: string }[],
    current: Inventory,
  ): Promise<void> {
    const names = order.slices.flat();
    const signatures = new Map(found.map(({ name, signature }) => [name, signature]));
    for (const name of names) {
      launching.set(name, order.name);
      const entry = current.devices.get(name);
      if (entry !== undefined) noteLaunch(name, order.name, signatures.get(name) ?? '', entry);
    }
    try {
      const job = await launch.launch(order, current);
      options.launched?.('made');
      log.info({ job: order.name, devices: names, asked: order.asks !== undefined }, 'Job made');
      if (order.asks !== undefined) void removeAsks(order.asks);
      await stores.jobs.reached(`${namespace}/${order.name}`, job.metadata.resourceVersion ?? '');
      forgetLaunch(order.name);
    } catch (error) {
      options.launched?.('failed');
      log.error(
        { job: order.name, devices: names, error: messageOf(error) },
        'Job could not be made; trying again',
      );
      for (const name of names) {
        if (launching.get(name) === order.name) launching.delete(name);
        wake.set(name, clock.now() + LAUNCH_RETRY_MS);
      }
    }
  }

  function noteLaunch(name: string, job: string, signature: string, entry: InventoryDevice): void {
    const before = lastLaunches.get(name);
    const repeats = before?.signature === signature ? before.repeats + 1 : 0;
    lastLaunches.set(name, { job, signature, repeats, access: memory?.digest(entry) ?? '' });
  }

  /** The store shows the Job: from here on it speaks for itself. */
  function forgetLaunch(job: string): void {
    for (const [name, launched] of launching) {
      if (launched !== job) continue;
      launching.delete(name);
      touch(name);
    }
  }

  async function removeAsks(served: ReadonlyMap<string, string>): Promise<void> {
    try {
      await store.remove(served);
    } catch (error) {
      // The Job says that it serves them: nothing is done twice.
      log.warn({ error: messageOf(error) }, 'Could not remove asks that are served');
    }
  }

  function cleanUp(): void {
    launch
      .cleanUp()
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'Could not clean up Secrets of Jobs'));
    cancelCleanUp = clock.after(CLEAN_UP_MS, cleanUp);
  }

  return {
    async lead() {
      await Promise.all([stores.whenSynced(), inventory.whenSynced()]);
      memory = await loadAccessMemory(connection, namespace);
      leading = true;
      await Promise.all([judging.start(), publishing.start()]);
      publishing.enqueue(CATALOG);
      touchAll();
      cleanUp();
    },
    async stop() {
      leading = false;
      gatherer.stop();
      wake.stop();
      cancelCleanUp();
      await Promise.all([judging.stop(), publishing.stop()]);
    },
  };
}

function digestOf(platform: PlatformDigest): string | undefined {
  return 'digest' in platform ? platform.digest : undefined;
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
