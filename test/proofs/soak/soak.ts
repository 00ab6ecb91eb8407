/** Mixed load on a whole local platform, and what it leaves behind. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import { client } from '../../../lib/kube/client.ts';
import { connect, type Connection } from '../../../lib/kube/connection.ts';
import { messageOf } from '../../../lib/kube/errors.ts';
import { SERVICE_ACCOUNTS, ROLE_BINDINGS, type TokenRequest } from '../../../lib/kube/resources.ts';
import { freePorts } from '../../../tools/controlplane/free-port.ts';
import { runningPlatform } from '../../platform/running-platform.ts';
import { seeded } from '../enforcer-kills/random.ts';
import type { Sample } from './judgement.ts';
import { judgeAll, unjudged, type Judged } from './judge-all.ts';
import type { Leak } from './leaks.ts';
import { runLoad, type LoadReport } from './load/load.ts';
import { configure, installSoakModel } from './load/network-team.ts';
import { loadPace } from './load/pace.ts';
import type { LoadStage } from './load/stage.ts';
import { writeHeapSnapshot } from './probe/heap.ts';
import { storedKinds } from './probe/objects.ts';
import { readAll, type Probe } from './probe/probe.ts';
import type { Reading } from './probe/reading.ts';
import { deleteEverything, garbageIsCollected, heldAtRest, inventoryOf, leftBehind } from './rest.ts';
import { EVENT_SECONDS } from './rules.ts';

export interface SoakOptions {
  /** How long the load lasts at least. */
  readonly seconds: number;
  /**
   * What settles within so many seconds must be judged: the load goes on until that can be done, for a slow machine
   * takes samples more rarely; at most a quarter of an hour longer.
   */
  readonly settled: number;
  /** Handles and metrics pages alone are probed: cheap enough for every other second. */
  readonly handlesOnly: boolean;
  readonly seed: number;
  /** Between two rounds of probes. */
  readonly probeSeconds: number;
  /** Rounds of garbage collection at the end. */
  readonly rounds: number;
  readonly leak?: Leak;
  onProgress?(line: string): void;
  /** Called after each round of probes. @param at seconds since the load began */
  onReadings?(at: number, readings: readonly Reading[]): void;
  /** Folder for heap snapshots of each process, in the middle and at the end; taking them swells its memory. */
  readonly snapshots?: string;
}

/** A reading with its time, seconds since the load began. */
export type Series = ReadonlyMap<string, { readonly reading: Reading; readonly samples: Sample[] }>;

export interface Findings {
  readonly judged: readonly Judged[];
  readonly load: LoadReport;
  readonly series: Series;
  /** What was still there after all was deleted and collected, or missing. */
  readonly leftBehind: readonly string[];
  /** Rounds of probes that failed. */
  readonly blind: readonly string[];
}

/** Processes that run on Node and can be inspected. */
const INSPECTED = [
  ...['webhooks', 'interface-watcher', 'device-watcher', 'scheduler', 'tenant-controller'],
  ...['node-agent', 'identity', 'switches'],
];

const LONGER_SECONDS = 900;

/** @throws when the platform does not start, or does not come to rest at the end */
export async function soak(options: SoakOptions): Promise<Findings> {
  const progress = options.onProgress ?? (() => undefined);
  const ports = await freePorts(INSPECTED.length);
  const inspectors = new Map(INSPECTED.map((name, index) => [name, ports[index] ?? 0]));
  const naas = await runningPlatform({
    onProgress: progress,
    apiServerFlags: { 'event-ttl': `${EVENT_SECONDS}s` },
    environmentOf: (name) => nodeOptions(inspectors.get(name), name, options.leak),
  });
  const connections: Connection[] = [];
  const as = async (context: string) => {
    const connection = await connect({ kubeconfig: naas.platform.kubeconfig, context, userAgent: 'soak' });
    connections.push(connection);
    return connection;
  };
  try {
    const [admin, a, b] = [await as('admin'), await as('tenant-a'), await as('tenant-b')];
    const ended = new AbortController();
    const stage: LoadStage = {
      ...{ naas, admin, tenants: { 'tenant-a': a, 'tenant-b': b }, signal: ended.signal },
      restarting: new Set(),
      random: seeded(options.seed),
      configureToken: await tokenForConfigure(admin),
    };
    return await soakOn(stage, { ...options, progress, inspectors, end: () => ended.abort() });
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
    await naas.stop();
  }
}

function nodeOptions(port: number | undefined, name: string, leak: Leak | undefined): Record<string, string> {
  if (port === undefined) return {};
  const planted = leak?.process === name ? ` --import=${leak.file}` : '';
  return { NODE_OPTIONS: `--inspect=127.0.0.1:${port}${planted}` };
}

/** A ServiceAccount that may call POST /configure, as an admin would make one. */
async function tokenForConfigure(admin: Connection): Promise<string> {
  const metadata = { name: 'soak', namespace: PLATFORM_NAMESPACE };
  const accounts = client(admin, SERVICE_ACCOUNTS);
  await accounts.create({ metadata });
  await client(admin, ROLE_BINDINGS).create({
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'configure-devices' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  });
  const { status } = await accounts.createSubresource<TokenRequest>(metadata, 'token', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 24 * 3600 },
  });
  return status?.token ?? '';
}

async function soakOn(
  stage: LoadStage,
  run: SoakOptions & {
    progress(line: string): void;
    readonly inspectors: ReadonlyMap<string, number>;
    end(): void;
  },
): Promise<Findings> {
  const { naas, admin } = stage;
  const kinds = await storedKinds(admin);
  const probe: Probe = { naas, api: admin, kinds, inspectors: run.inspectors, handlesOnly: run.handlesOnly };
  // The store of asks is made with the first one.
  await configure.run(stage);
  const objectsBefore = await inventoryOf(admin, kinds);
  const readingsBefore = await readAll(probe);
  await installSoakModel(admin);

  const series = new Map<string, { reading: Reading; samples: Sample[] }>();
  const blind: string[] = [];
  const pace = loadPace();
  let enough = false;
  const started = performance.now();
  const probing = probeUntil(stage.signal, run.probeSeconds, async () => {
    const at = Math.round((performance.now() - started) / 1000);
    try {
      const readings = [...(await readAll(probe)), ...(run.handlesOnly ? [] : pace.readings())];
      run.onReadings?.(at, readings);
      for (const reading of readings) {
        const key = `${reading.subject} ${reading.what}`;
        const known = series.get(key) ?? { reading, samples: [] };
        known.samples.push({ at, value: reading.value, life: reading.life });
        series.set(key, known);
      }
    } catch (error) {
      blind.push(`${at} s: ${messageOf(error)}`);
    }
    enough = at > run.seconds && unjudged(judgeAll(series), run.settled).length === 0;
    run.progress(`${at} s: probed ${series.size} series`);
  });
  run.progress(`Load for ${run.seconds} s, seed ${run.seed}`);
  const middle = delay((run.seconds * 1000) / 2).then(() => snapshots(run, 'middle'));
  const length = { seconds: run.seconds, most: run.seconds + LONGER_SECONDS, enough: () => enough };
  const load = await runLoad(stage, length, { abort: () => run.end(), ended: pace.ended });
  await Promise.all([probing, middle]);
  await snapshots(run, 'end');

  run.progress('Deleting everything');
  await deleteEverything(naas, admin);
  for (let round = 1; round <= run.rounds; round += 1) {
    run.progress(`Garbage collection, round ${round}`);
    await garbageIsCollected(admin, kinds);
  }
  const left = leftBehind(objectsBefore, await inventoryOf(admin, kinds));
  const held = heldAtRest(readingsBefore, await readAll(probe));
  return { judged: judgeAll(series), load, series, leftBehind: [...left, ...held], blind };
}

async function snapshots(
  { snapshots, inspectors }: Pick<SoakOptions, 'snapshots'> & Pick<Probe, 'inspectors'>,
  when: string,
): Promise<void> {
  if (snapshots === undefined) return;
  for (const [name, port] of inspectors)
    await writeHeapSnapshot(port, join(snapshots, `${name}-${when}.heapsnapshot`));
}

async function probeUntil(end: AbortSignal, seconds: number, look: () => Promise<void>): Promise<void> {
  while (!end.aborted) {
    const begun = performance.now();
    await look();
    const left = seconds * 1000 - (performance.now() - begun);
    await delay(Math.max(0, left), undefined, { signal: end }).catch(() => undefined);
  }
}
