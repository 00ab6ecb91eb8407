import { CATALOG_CONFIGMAP } from '../../crds/names.ts';
import type { Inventory } from '../../lib/inventory/device.ts';
import { sliceInventory } from '../../lib/inventory/slice.ts';
import { client } from '../../lib/kube/client.ts';
import { systemClock, type Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { controller } from '../../lib/kube/controller.ts';
import { isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import { DEVICES, LEASES } from '../../lib/kube/resources.ts';
import { loadAccessMemory, type AccessMemory } from './access.ts';
import { ALL, askStore, readAsks } from './ask.ts';
import { publishCatalog } from './catalog.ts';
import { complianceInterval } from './due.ts';
import { gather } from './gather.ts';
import type { InventorySource } from './inventory-source.ts';
import type { JobSettings } from './job-settings.ts';
import { jobName, slicesOf, type JobOrder } from './job.ts';
import { writeJudgement } from './judgement-write.ts';
import { launcher } from './launch.ts';
import { createLaunches } from './launches.ts';
import { orders, type DueDevice } from './orders.ts';
import { platformDigests } from './platform-digests.ts';
import { situation, type Outlook } from './situation.ts';
import { deviceOf, isRendered, type Stores } from './stores.ts';
import { wakeUps } from './wake-ups.ts';

export interface SchedulerOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** Image of the enforcer's Pods. */
  readonly image: string;
  readonly jobs?: JobSettings;
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

/** A device that gets a Job in this round. */
interface Found extends DueDevice {
  readonly signature: string;
  /** Due for no other reason than the compliance interval. */
  readonly onlyCompliance: boolean;
}

/**
 * Leaves the ledger's writers time for their next write, which a status write costs a conflict, and tells of a
 * reservation, its activation and the Job made for it at once: each write of a Device is the dearest of all for the
 * API server. No request waits for this judgement.
 */
const JUDGE_AFTER_MS = 300;
const CLEAN_UP_MS = 60_000;
const LAUNCH_RETRY_MS = 5000;
const LOOK_AGAIN_MS = 1000;
/** Devices looked at before other work gets its turn: the digest of P takes some 4 ms where it is not known. */
const CHUNK = 10;

/** Makes a Job for whatever is due, one per device at a time, and tells how each device stands. */
export function scheduler(options: SchedulerOptions): Scheduler {
  const { connection, namespace, stores, inventory, log, metrics } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const devices = client(connection, DEVICES);
  const leases = client(connection, LEASES, { timeoutMs: 5000 });
  const asks = askStore(connection, namespace);
  const launch = launcher({ connection, namespace, settings: options.jobs, clock, log });
  const launches = createLaunches();
  const digests = platformDigests(() => stores.platform.store.list());
  const view = situation({ namespace, stores, launches, digests, clock });
  const gatherer = gather((names) => void flush(names), clock);
  const wake = wakeUps((name) => gatherer.add(name), clock);
  let memory: AccessMemory | undefined;
  let leading = false;
  let cancelCleanUp = (): void => {};

  const judging = controller({
    name: 'judgement',
    ...{ log, metrics, clock, random },
    backoff: { baseMs: 50, maxMs: 30_000 },
    async reconcile(name) {
      const device = view.device(name);
      const current = inventory.current();
      // Without an inventory nobody knows which devices there are.
      if (device === undefined || current === undefined || !leading) return;
      const now = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
      await writeJudgement(devices, device, (fresh) => view.judgement(fresh, current), now);
    },
  });
  const publishing = controller({
    name: 'catalog',
    ...{ log, metrics, clock, random },
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
  stores.platform.onChange(({ key, object, previous }) => {
    if (nameOf(key) === CATALOG_CONFIGMAP) publishing.enqueue(CATALOG_CONFIGMAP);
    if (!isRendered(object) && !isRendered(previous)) return;
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
  // From here on the store speaks for the Job.
  stores.jobs.onChange(({ key }) => settle(nameOf(key)));
  inventory.onChange(() => {
    digests.forget();
    touchAll();
    publishing.enqueue(CATALOG_CONFIGMAP);
  });

  function touch(name: string): void {
    if (!leading) return;
    gatherer.add(name);
    judging.enqueue(name, { after: JUDGE_AFTER_MS });
  }

  function touchAll(): void {
    for (const { metadata } of stores.devices.store.list()) touch(metadata.name);
  }

  function settle(job: string): void {
    for (const name of launches.settle(job)) touch(name);
  }

  async function flush(names: ReadonlySet<string>): Promise<void> {
    const current = inventory.current();
    if (!leading || current === undefined || memory === undefined) return;
    const waiting = readAsks(stores.asks.store.list()[0]?.data, clock.now());
    const found: Found[] = [];
    let count = 0;
    for (const name of names) {
      count += 1;
      if (count % CHUNK === 0) await new Promise(setImmediate);
      // Another round may have come in between.
      if (launches.pending(name) !== undefined) continue;
      const outlook = lookAt(name, () => view.outlook(name, current, waiting, memory as AccessMemory));
      const due = outlook === undefined ? undefined : take(name, outlook);
      if (due !== undefined) found.push(due);
    }
    const really = await withoutRecentlyChecked(found, current);
    const made = orders(really, {
      ...{ namespace, image: options.image, newName },
      bytesOf: (name) => Buffer.byteLength(sliceInventory(current, [name])),
    });
    await Promise.all(made.map((order) => make(order, really, current)));
  }

  /** One device that cannot be judged, as by an annotation that was tampered with, must not stop the others. */
  function lookAt(name: string, look: () => Outlook | undefined): Outlook | undefined {
    try {
      return look();
    } catch (error) {
      log.error({ device: name, error: messageOf(error) }, 'Could not tell whether a device is due');
      return undefined;
    }
  }

  /** What is to be done now; all else waits for its time. */
  function take(name: string, outlook: Outlook): Found | undefined {
    if ('silent' in outlook) {
      void confirmSilence(name, outlook.silent);
      return undefined;
    }
    const { verdict, item, served } = outlook;
    if (served !== undefined) void removeAsks(new Map([[name, served.id]]));
    rememberAccess(name);
    if (!verdict.due) {
      wake.set(name, verdict.next);
      return undefined;
    }
    wake.delete(name);
    launches.reserve(name);
    log.debug({ device: name, reasons: verdict.reasons }, 'Device is due');
    const onlyCompliance = verdict.reasons.every((reason) => reason === 'compliance');
    return { ...item, signature: verdict.signature, onlyCompliance };
  }

  /** Keeps with which credentials a switch was tried in vain: a restart must not try them again and lock accounts. */
  function rememberAccess(name: string): void {
    const attempted = view.device(name)?.status?.attempted;
    const last = launches.last(name);
    if (attempted?.outcome !== 'auth-failed' || last === undefined || last.job !== attempted.job) return;
    memory
      ?.remember(name, last.job, last.access)
      .catch((error: unknown) =>
        log.warn({ device: name, error: messageOf(error) }, 'Could not keep which credentials were tried'),
      );
  }

  /** The end of a Pod may be seen before the result that its Job wrote: look, and only then believe. */
  async function confirmSilence(name: string, job: string): Promise<void> {
    try {
      const stored = await devices.get({ namespace, name });
      await stores.devices.reached(`${namespace}/${name}`, stored.metadata.resourceVersion ?? '');
      view.confirmSilent(name, job);
      touch(name);
    } catch (error) {
      if (isNotFound(error)) return;
      log.warn({ device: name, error: messageOf(error) }, 'Could not see how a Job ended; looking again');
      wake.set(name, clock.now() + LOOK_AGAIN_MS);
    }
  }

  /** "Last checked" is the renewal of the device's Lease: a check that finds nothing need not write a status. */
  async function withoutRecentlyChecked(found: readonly Found[], current: Inventory): Promise<Found[]> {
    const interval = complianceInterval(current.devices.size);
    const really = await Promise.all(
      found.map(async (item) => {
        const renewed = item.onlyCompliance ? await renewalOf(item.name) : 0;
        if (clock.now() >= renewed + interval) return [item];
        view.wasChecked(item.name, renewed);
        launches.release(item.name);
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

  function newName(notBefore: number): string {
    const characters = Array.from({ length: 10 }, () => Math.floor(random() * 36).toString(36));
    return jobName(Math.max(clock.now(), notBefore), characters.join(''));
  }

  async function make(order: JobOrder, found: readonly Found[], current: Inventory): Promise<void> {
    const { name: job } = order;
    const names = order.slices.flat();
    const signatures = new Map(found.map(({ name, signature }) => [name, signature]));
    for (const name of names) {
      const entry = current.devices.get(name);
      const access = entry === undefined ? '' : (memory?.digest(entry) ?? '');
      launches.begin(name, { job, signature: signatures.get(name) ?? '', access });
    }
    try {
      const { metadata } = await launch.launch(order, current);
      options.launched?.('made');
      log.info({ job, devices: names, asked: order.asks !== undefined }, 'Job made');
      await stores.jobs.reached(`${namespace}/${job}`, metadata.resourceVersion ?? '');
      settle(job);
    } catch (error) {
      options.launched?.('failed');
      log.error({ job, devices: names, error: messageOf(error) }, 'Job could not be made; trying again');
      launches.settle(job);
      for (const name of names) wake.set(name, clock.now() + LAUNCH_RETRY_MS);
    }
  }

  async function removeAsks(served: ReadonlyMap<string, string>): Promise<void> {
    try {
      await asks.remove(served);
    } catch (error) {
      // While the Job is known nothing is done twice.
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
      publishing.enqueue(CATALOG_CONFIGMAP);
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

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
