/** How long from `kubectl apply` to the confirmed commit on the switch, stage by stage. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_VERSION, DEVICE_GENERATION_ANNOTATION, PLATFORM_NAMESPACE } from '../crds/names.ts';
import type { Device, Interface } from '../crds/types.gen.ts';
import { client } from '../lib/kube/client.ts';
import { connect, type Connection } from '../lib/kube/connection.ts';
import { CONFIG_MAPS, DEVICES, INTERFACES, JOBS, PODS } from '../lib/kube/resources.ts';
import type { DeepReadonly } from '../lib/kube/types.ts';
import { startPlatform } from '../tools/platform/platform.ts';
import type { Benchmark, BenchmarkOptions } from './benchmark.ts';
import { sightings, wallClock } from './measure/sightings.ts';
import { digits, median, quantile } from './measure/statistics.ts';
import { table } from './measure/table.ts';
import { enforcerLog } from './world/enforcer-log.ts';

const TENANT = 'tenant-a';
const SWITCHES = ['devicea', 'deviceb'];
const TIMEOUT_MS = 30_000;

/** What ends each stage, in order. The stages from `connect` on are steps of the enforcer's log. */
const STAGES = {
  written: 'admission and write',
  claimed: 'claim: both ledgers seen with it',
  modelled: 'model: both ConfigMaps seen',
  job: 'quiet period, slice, Job seen',
  pod: 'Pod seen',
  process: 'bind, mounts, process begins',
  start: 'Node starts, bundle loads',
  connect: 'connect over SSH',
  lease: 'take the Lease',
  'pre-flight': 'look for foreign sessions',
  read: 'read models, templates, running-config; gate',
  render: 'render',
  load: 'open the session, load',
  commit: 'print, diff, hash check, gate, commit under timer',
  reconnect: 'new connection',
  confirm: 'read back, compare, gate, confirm',
} as const;
type Mark = keyof typeof STAGES;
const MARKS = Object.keys(STAGES) as Mark[];

interface Applied {
  /** Duration of each stage on the path of the switch that was confirmed last, ms. */
  readonly stages: Readonly<Record<Mark, number>>;
  /** From the apply, ms. */
  readonly confirmed: number;
  readonly shown: number;
}

const benchmark: Benchmark = {
  title: 'From apply to confirmed',
  about:
    'The local platform as `make up` starts it. A request for ports of both switches is changed by server-side ' +
    'apply, one change at a time, each when the Pod of the one before has ended. *Confirmed*: both switches have ' +
    'confirmed the commit (time of the line in the enforcer’s log). *Shown*: `Programmed=True` of that generation ' +
    'seen by watch. Stages are those of the switch that was confirmed last. Goals: p50 ≤ 1 s, p99 ≤ 3 s.',
  run,
};
export default benchmark;

async function run({ quick, progress, ...options }: BenchmarkOptions): Promise<string> {
  const sizes = options.sizes ?? (quick ? [1, 4, 8] : [1, 8, 48]);
  const applies = quick ? 5 : 40;
  const directory = await mkdtemp(join(tmpdir(), 'naas-bench-'));
  const platform = await startPlatform({ directory, onProgress: progress });
  const api = await connect({ kubeconfig: platform.controlPlane.kubeconfig });
  try {
    const applier = await startApplier(api, join(directory, 'pods'));
    const columns: Applied[][] = [];
    for (const ports of sizes) {
      // The first one makes the request, and everybody's caches.
      await applier.apply(ports, 100);
      const measured: Applied[] = [];
      for (let turn = 0; turn < applies; turn += 1) measured.push(await applier.apply(ports, 101 + turn));
      columns.push(measured);
      progress(
        `${ports} ports on each switch: p50 ${digits(median(measured.map((one) => one.confirmed)))} ms`,
      );
      await applier.remove(ports);
    }
    await applier.stop();
    return report(sizes, columns, applies);
  } finally {
    await api.close();
    await platform.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function startApplier(api: Connection, state: string) {
  const requests = client(api, INTERFACES);
  const seen = {
    interfaces: sightings(api, INTERFACES, { namespace: TENANT }),
    devices: sightings(api, DEVICES, { namespace: PLATFORM_NAMESPACE }),
    models: sightings(api, CONFIG_MAPS, { namespace: PLATFORM_NAMESPACE, labelSelector: 'type=model' }),
    jobs: sightings(api, JOBS, { namespace: PLATFORM_NAMESPACE }),
    pods: sightings(api, PODS, { namespace: PLATFORM_NAMESPACE }),
  };
  const all = Object.values(seen);
  await Promise.all(all.map((one) => one.whenSynced()));

  async function apply(ports: number, vlan: number): Promise<Applied> {
    const name = `bench-${ports}`;
    const begun = wallClock();
    const written = await requests.patch({ namespace: TENANT, name }, requestOf(name, ports, vlan), {
      type: 'apply',
      fieldManager: 'bench',
      force: true,
    });
    const answered = wallClock();
    const { uid = '', generation = 0 } = written.metadata;
    const shown = seen.interfaces.first(
      ({ metadata, status }) =>
        metadata.uid === uid &&
        status?.observedGeneration === generation &&
        status.conditions?.some(({ type, status: value, observedGeneration }) => {
          return type === 'Programmed' && value === 'True' && observedGeneration === generation;
        }) === true,
    );
    const paths = SWITCHES.map((device) => follow(device, ports, uid, generation));
    const { at: programmed } = await soon(`${name} is programmed`, shown);
    const marks = await soon('all stages are seen', Promise.all(paths));
    const last = (mark: Mark) => Math.max(...marks.map((path) => path[mark] ?? 0));
    const slowest = marks.reduce((a, b) => ((a.confirm ?? 0) >= (b.confirm ?? 0) ? a : b));
    // Both switches must have come so far before a Job can take both.
    const times = { ...slowest, written: answered, claimed: last('claimed'), modelled: last('modelled') };
    return { ...durations(times, begun), shown: programmed - begun };
  }

  /** When one switch's change reached each stage. */
  async function follow(name: string, ports: number, uid: string, generation: number) {
    const claimed = await seen.devices.first(
      (device) => device.metadata.name === name && hasClaims(device, ports, uid, generation),
    );
    const version = claimed.object.metadata.generation ?? 0;
    const modelled = await seen.models.first(
      ({ metadata }) =>
        metadata.name === `interfaces-${name}` &&
        Number(metadata.annotations?.[DEVICE_GENERATION_ANNOTATION]) >= version,
    );
    const done = await seen.devices.first(
      ({ metadata, status }) => metadata.name === name && (status?.applied?.generation ?? 0) >= version,
    );
    const jobName = done.object.status?.attempted?.job ?? '';
    const job = jobsSeen.get(jobName);
    const pod = podsSeen.get(jobName);
    if (job === undefined || pod === undefined) throw new Error(`Job ${jobName} was not seen`);
    // Ended Pods have written all of their log, and the next change finds nobody at work.
    await seen.pods.first(
      ({ metadata, status }) => metadata.uid === pod.uid && status?.phase === 'Succeeded',
    );
    const lines = await enforcerLog(state, pod.uid);
    const steps = new Map(
      lines.filter(({ device = name }) => device === name).map((line) => [line.step, line.at]),
    );
    const start = lines.find(({ step }) => step === 'start');
    if (start?.ms === undefined) throw new Error(`Job ${jobName} has no start in its log`);
    const marks: Partial<Record<Mark, number>> = {
      ...{ claimed: claimed.at, modelled: modelled.at, job, pod: pod.at, process: start.at - start.ms },
    };
    for (const mark of MARKS.slice(MARKS.indexOf('start'))) {
      const at = steps.get(mark);
      if (at !== undefined) marks[mark] = at;
    }
    return marks;
  }

  const jobsSeen = new Map<string, number>();
  const podsSeen = new Map<string, { uid: string; at: number }>();
  // Asked of every change, and never answered: notes when each was first there.
  void seen.jobs.first(({ metadata }) => {
    if (!jobsSeen.has(metadata.name)) jobsSeen.set(metadata.name, wallClock());
    return false;
  });
  void seen.pods.first(({ metadata }) => {
    const job = metadata.labels?.['job-name'] ?? '';
    if (!podsSeen.has(job)) podsSeen.set(job, { uid: metadata.uid ?? '', at: wallClock() });
    return false;
  });

  return {
    apply,
    /** Deletes the request and waits until the switches have let go of it. */
    async remove(ports: number): Promise<void> {
      const ref = { namespace: TENANT, name: `bench-${ports}` };
      await requests.delete(ref);
      const gone = async () => (await requests.get(ref).catch(() => undefined)) === undefined;
      for (const deadline = Date.now() + TIMEOUT_MS; !(await gone());) {
        if (Date.now() > deadline) throw new Error(`${ref.name} was not released`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: async () => void (await Promise.all(all.map((one) => one.stop()))),
  };
}

function requestOf(name: string, ports: number, vlan: number): object {
  const service = { ports: portNames(ports), vlan, trunk: false, shutdown: false, stp: 'portfast' as const };
  return {
    ...{ apiVersion: API_VERSION, kind: 'Interface', metadata: { name, namespace: TENANT } },
    spec: {
      services: SWITCHES.map((devicename) => ({ devicename, ...service })),
    } satisfies Interface['spec'],
  };
}

function portNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}

function hasClaims(device: DeepReadonly<Device>, ports: number, uid: string, generation: number): boolean {
  return portNames(ports).every((port) => {
    const annotations = device.spec[port]?.annotations;
    return annotations?.uid === uid && annotations.generation === generation;
  });
}

/** From points in time to durations; a stage that the log does not name counts to the next one. */
function durations(times: Partial<Record<Mark, number>>, begun: number): Omit<Applied, 'shown'> {
  let before = begun;
  const stages = MARKS.map((mark) => {
    const at = times[mark] ?? before;
    const stage = at - before;
    before = at;
    return [mark, stage] as const;
  });
  return { stages: Object.fromEntries(stages) as Record<Mark, number>, confirmed: before - begun };
}

function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not within ${TIMEOUT_MS / 1000} s: ${what}`)), TIMEOUT_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function report(sizes: readonly number[], columns: readonly Applied[][], applies: number): string {
  const cells = (pick: (one: Applied) => number) =>
    columns.flatMap((column) => {
      const values = column.map(pick);
      return [digits(median(values)), digits(quantile(values, 0.99))];
    });
  const bold = (values: readonly string[]) => values.map((value) => `**${value}**`);
  return [
    table(
      ['Stage, ms', ...sizes.flatMap((ports) => [`${ports} ports × 2: p50`, 'p99'])],
      [
        ...MARKS.map((mark) => [STAGES[mark], ...cells(({ stages }) => stages[mark])]),
        ['**apply → confirmed**', ...bold(cells(({ confirmed }) => confirmed))],
        ['**apply → shown**', ...bold(cells(({ shown }) => shown))],
      ],
    ),
    `${applies} changes of each size. Times seen by watch include the way to the watcher, so a stage can come out short, or below zero, and the next one long.`,
  ].join('\n\n');
}
