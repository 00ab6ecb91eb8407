/** Latency of the validating webhook against an OPA server with the same policy and data. */
import { DEFAULTS_CONFIGMAP, PLATFORM_NAMESPACE } from '../crds/names.ts';
import type { Device } from '../crds/types.gen.ts';
import { toCatalog } from '../lib/inventory/catalog.ts';
import { parseInventory } from '../lib/inventory/parse.ts';
import { client } from '../lib/kube/client.ts';
import { CONFIG_MAPS, DEVICES } from '../lib/kube/resources.ts';
import type { ManagedProcess } from '../tools/platform/managed-process.ts';
import type { Benchmark, BenchmarkOptions } from './benchmark.ts';
import { openCaller, type Answer as Answered, type Caller } from './measure/caller.ts';
import { processUsage } from './measure/process-usage.ts';
import { digits, median, quantile, spread } from './measure/statistics.ts';
import { table } from './measure/table.ts';
import { startOpaServer } from './peers/opa-server.ts';
import { inParallel, until } from './world/in-parallel.ts';
import { pausedInventory } from './world/inventory.ts';
import { OWNED, deviceNames, deviceWith, ownedLedger } from './world/ledger.ts';
import { OWNER, reviewOf } from './world/review.ts';
import { manifests, startWorld, type World } from './world/world.ts';

const PORT_COUNTS = [1, 8, 96];
const ANSWERS = ['allowed', 'denied'] as const;
type Answer = (typeof ANSWERS)[number];

interface Server {
  readonly name: string;
  readonly process: Pick<ManagedProcess, 'pid'>;
  readonly caller: Caller;
  readonly path: string;
  /** Reads from an answer whether the request was allowed. */
  allowed(body: unknown): boolean | undefined;
}

/** Latencies in ms, one list per run. */
type Runs = number[][];

const benchmark: Benchmark = {
  title: 'Admission: webhook against OPA server',
  about:
    'One client, one connection, one review at a time, timed from the request to the last byte of the answer; the ' +
    'client does nothing but send, wait and look for the end (`bench/measure/caller.ts`). ' +
    'The webhook is the bundle that images hold: HTTPS, ledger and catalog from informers on a real API server. ' +
    'Its peer is `opa run --server` over plain HTTP with the same policy, and the same catalog and ledger as its ' +
    'data (`bench/peers/admission.rego` gathers the facts). Every port asked for is owned: *allowed* asks for ports ' +
    'of its own request, *denied* for those of another tenant. The webhook also checks the body as strict JSON, the ' +
    'review, the spec and the defaults, expands the ports, works out messages for people and writes a log line; the ' +
    'peer reads JSON, gathers the facts and decides. ' +
    'Goals: p99 ≤ 2 ms, p50 at least 5 times faster than the peer.',
  run,
};
export default benchmark;

async function run({ quick, progress, ...options }: BenchmarkOptions): Promise<string> {
  const sizes = options.sizes ?? (quick ? [10, 20, 30] : [100, 300, 1000]);
  const runs = 3;
  const reviews = quick ? 100 : 300;
  const world = await startWorld(progress);
  try {
    await world.apply(
      await manifests(
        'webhooks/rbac.yaml',
        'webhooks/webhooks.yaml',
        'tools/platform/manifests/defaults.yaml',
      ),
    );
    progress(`control plane is up; ${DEFAULTS_CONFIGMAP} is there`);
    const rows: (string | number)[][] = [];
    const decisions: (string | number)[][] = [];
    const costs: (string | number)[][] = [];
    const devices: Device[] = [];
    const service = await world.service('webhooks', { logApart: true });
    let ready = false;
    for (const size of sizes) {
      const catalog = await grow(world, devices, size);
      if (!ready) await service.process.whenReady();
      ready = true;
      const opa = await startOpaServer(world, catalog, devices);
      const webhook: Server = {
        name: 'webhook',
        process: service.process,
        caller: await openCaller(`https://${service.serving}`),
        path: '/validate',
        allowed: (body) => (body as { response: { allowed: boolean } }).response.allowed,
      };
      const peer: Server = {
        name: 'OPA server',
        process: opa.process,
        caller: await openCaller(opa.url),
        // The version of the API that takes a review as it is.
        path: '/v0/data/bench/admission/review',
        allowed: webhook.allowed,
      };
      await untilKnown(webhook, size);
      progress(`${size} devices, ${size * OWNED} owned ports: both servers know them`);
      const used: number[] = [];
      let asked = 0;
      for (const ports of PORT_COUNTS) {
        for (const answer of ANSWERS) {
          const times: [Runs, Runs] = [[], []];
          const floors: [Runs, Runs] = [[], []];
          // A run of the one, a run of the other: what else the machine does hits both.
          for (let turn = 0; turn <= runs; turn += 1) {
            for (const [index, server] of [webhook, peer].entries()) {
              const before = await cpu(server);
              const measured = await measure(server, { ports, answer, reviews, size });
              used[index] = (used[index] ?? 0) + (await cpu(server)) - before;
              asked += index === 0 ? reviews : 0;
              // The first run warms both up.
              if (turn > 0) times[index]?.push(measured);
              const transport = await floor(server, ports, reviews / 2);
              if (turn > 0) floors[index]?.push(transport);
            }
          }
          rows.push([`${size * OWNED}`, ports, answer, ...compare(...times)]);
          decisions.push([`${size * OWNED}`, ports, answer, ...compareDecisions(times, floors)]);
        }
      }
      const memory = await Promise.all([webhook, peer].map((server) => processUsage(server.process.pid)));
      costs.push([
        `${size * OWNED}`,
        ...used.map((ms) => digits(ms / asked)),
        ...memory.map((usage) => Math.round(usage.memory)),
      ]);
      for (const { caller } of [webhook, peer]) caller.close();
      await opa.process.stop();
    }
    return [
      table(
        ['Owned ports', 'Ports asked', 'Answer', 'Webhook p50, ms', 'p99', 'OPA p50, ms', 'p99', 'p50 ratio'],
        rows,
      ),
      `Median of ${runs} runs of ${reviews} reviews each (least–most).`,
      table(
        [
          'Owned ports',
          'Ports asked',
          'Answer',
          'Webhook floor, ms',
          'OPA floor, ms',
          'Webhook without it, ms',
          'OPA without it, ms',
          'Ratio',
        ],
        decisions,
      ),
      'Floor: p50 of the same reviews sent to a path that neither server has, which costs transport, HTTP server and client, taken in turn with the runs. Without it: p50 less the floor, what deciding costs.',
      table(
        [
          'Owned ports',
          'Webhook CPU, ms/review',
          'OPA CPU, ms/review',
          'Webhook memory, MiB',
          'OPA memory, MiB',
        ],
        costs,
      ),
      'CPU as the mean over all reviews of the tables above, with what transport costs.',
    ].join('\n\n');
  } finally {
    await world.stop();
  }
}

/** Adds Devices up to `size`, all owned ports held by one request. @returns the catalog's text */
async function grow(world: World, devices: Device[], size: number): Promise<string> {
  const ledgers = client(world.api, DEVICES);
  const vlan = 10;
  const added = deviceNames(devices.length + 1, size + 1).map((name) =>
    deviceWith(name, ownedLedger({ ...OWNER, vlan })),
  );
  await inParallel(added, 8, (device) => ledgers.create(device));
  devices.push(...added);
  const catalog = toCatalog(parseInventory(pausedInventory(deviceNames(1, size + 1))));
  await client(world.api, CONFIG_MAPS).patch(
    { namespace: PLATFORM_NAMESPACE, name: 'catalog' },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'catalog' }, data: { 'catalog.json': catalog } },
    { type: 'apply', fieldManager: 'bench', force: true },
  );
  return catalog;
}

function reviewText(answer: Answer, ports: number, firstDevice: number): string {
  const namespace = answer === 'allowed' ? OWNER.namespace : 'tenant-b';
  return JSON.stringify(reviewOf({ uid: crypto.randomUUID(), namespace, ports, firstDevice }));
}

async function ask({ caller, path }: Server, body: string): Promise<Answered> {
  const answer = await caller.post(path, body);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text.slice(0, 500)}`);
  return answer;
}

async function measure(
  server: Server,
  options: { ports: number; answer: Answer; reviews: number; size: number },
): Promise<number[]> {
  const { ports, answer, reviews, size } = options;
  const times: number[] = [];
  for (let index = 0; index < reviews; index += 1) {
    // Other devices each time: a cache of the last answer would not be what is measured.
    const firstDevice = 1 + ((index * 7) % (size - 1));
    const { ms, text } = await ask(server, reviewText(answer, ports, firstDevice));
    times.push(ms);
    if (index === 0 && server.allowed(JSON.parse(text)) !== (answer === 'allowed')) {
      throw new Error(`${server.name}: should be ${answer}: ${text.slice(0, 500)}`);
    }
  }
  return times;
}

/** @returns latencies in ms of answers that decide nothing */
async function floor({ caller }: Server, ports: number, requests: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < requests; index += 1) {
    const { ms, status } = await caller.post('/nothing', reviewText('allowed', ports, 1));
    times.push(ms);
    if (status !== 404) throw new Error(`/nothing answered ${status}`);
  }
  return times;
}

/** The webhook learns of Devices by watch: asks for the last one until another tenant is refused its port. */
async function untilKnown(server: Server, size: number): Promise<void> {
  await until('the webhook knows all Devices', 30_000, 50, async () => {
    const { text } = await ask(server, reviewText('denied', 1, size));
    return text.includes('PortOwnedByOtherTenant');
  });
}

function compare(ours: Runs, theirs: Runs): string[] {
  const [a, b] = [ours, theirs].map((runs) => ({
    p50: runs.map(median),
    p99: runs.map((times) => quantile(times, 0.99)),
  }));
  if (a === undefined || b === undefined) throw new Error('both were measured');
  const ratio = median(b.p50) / median(a.p50);
  return [spread(a.p50), spread(a.p99), spread(b.p50), spread(b.p99), `${digits(ratio)}×`];
}

function compareDecisions(times: [Runs, Runs], floors: [Runs, Runs]): string[] {
  const [ours, theirs] = floors.map((runs) => median(runs.map(median)));
  const [a, b] = times.map((runs) => median(runs.map(median)));
  if (ours === undefined || theirs === undefined || a === undefined || b === undefined) {
    throw new Error('both were measured');
  }
  const ratio = (b - theirs) / (a - ours);
  return [...[ours, theirs, a - ours, b - theirs].map(digits), `${digits(ratio)}×`];
}

async function cpu({ process }: Server): Promise<number> {
  return (await processUsage(process.pid)).cpuMs;
}
