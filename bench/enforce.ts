/** How many changed switches a second are enforced, against Nornir with NAPALM on the same simulator. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { request } from 'undici';
import { DEVICE_GENERATION_ANNOTATION, PLATFORM_NAMESPACE } from '../crds/names.ts';
import type { Device } from '../crds/types.gen.ts';
import { parseInventory } from '../lib/inventory/parse.ts';
import { sliceInventory } from '../lib/inventory/slice.ts';
import { client } from '../lib/kube/client.ts';
import { CONFIG_MAPS, DEVICES } from '../lib/kube/resources.ts';
import { configMaps } from '../templates/config-maps.ts';
import type { Benchmark, BenchmarkOptions } from './benchmark.ts';
import { processUsage, type ProcessUsage } from './measure/process-usage.ts';
import { digits, median, spread } from './measure/statistics.ts';
import { table } from './measure/table.ts';
import { pythonWith } from './peers/python.ts';
import { inParallel, until } from './world/in-parallel.ts';
import { inventoryFiles, type InventoryFiles } from './world/inventory.ts';
import { PORTS, deviceNames, deviceWith, ownedLedger } from './world/ledger.ts';
import { OWNER } from './world/review.ts';
import { LOGIN, type Farm } from './world/switch-farm.ts';
import { manifests, profiling, startWorld, type World } from './world/world.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const PEER_SCRIPT = here('peers/nornir_push.py');
/** Switches of one slice: one process works on them, as in a Job of the scheduler with this step. */
const SLICE = 250;
/** Nornir's own default is 20 threads. */
const PEER_WORKERS = 20;
const LATENCIES_MS = [0, 50];
const RUNS = 2;

const benchmark: Benchmark = {
  title: 'Enforcing many changed switches',
  about:
    'Every switch has 48 owned ports, and the VLAN of all of them changes. Ours: the enforcer as its Job runs it — ' +
    'a process with a slice of the inventory, models and status on a real API server, Lease, commit under a timer, ' +
    'read back over a new connection, confirm, save; from the start of the process to its end, slices of at most ' +
    `${SLICE} switches one after the other. The peer: Nornir with nornir-napalm (\`napalm_configure\`, replace, SSH), ` +
    `${PEER_WORKERS} threads, the configurations ready in files, no timer, no reading back; the start of Python is not ` +
    'counted. Each has simulated switches of its own (one process for each side) of the same kind. Memory: the most ' +
    'that the pushing process had resident. ' +
    'Goal: at least 10 times as many switches a second.',
  run,
};
export default benchmark;

interface Side {
  readonly farm: Farm;
  readonly pid: number | undefined;
}

async function run({ quick, progress, ...options }: BenchmarkOptions): Promise<string> {
  const sizes = options.sizes ?? (quick ? [4, 8, 16] : [30, 100, 300, 1000]);
  const largest = Math.max(...sizes);
  /** No switch is begun by the peer after so many seconds: a rate does not need them all. */
  const budget = quick ? 15 : 40;
  const python = await pythonWith(new URL('peers/requirements.txt', import.meta.url));
  const world = await startWorld(progress);
  try {
    const names = deviceNames(1, largest + 1);
    const [ours, theirs] = await Promise.all([
      startFarm(world, 'ours', names),
      startFarm(world, 'peer', names),
    ]);
    progress(`${largest} switches on each side`);
    const vlans = Iterator.from(Array.from({ length: 200 }, (_, index) => 10 + index));
    const nextVlan = () => vlans.next().value ?? 10;
    await prepare(world, names);
    const pushed = await enforcer(world, ours, names);
    // One is enough to know what a configuration looks like; on the others the first push is also a first contact.
    const [first = ''] = names;
    await pushed(await program(world, [first], nextVlan()));
    const sample = { name: first, text: await configuration(ours, first) };
    progress('the first switch carries its configuration');

    const rows: (string | number)[][] = [];
    for (const latency of LATENCIES_MS) {
      await Promise.all([ours, theirs].map((side) => setLatency(side, latency)));
      for (const size of sizes) {
        const runs = size >= 300 ? 1 : RUNS;
        const some = names.slice(0, size);
        const mine: Result[] = [];
        const other: Result[] = [];
        for (let turn = 0; turn < runs; turn += 1) {
          mine.push(await pushed(await program(world, some, nextVlan())));
          other.push(await peer(world, python, theirs, { names: some, vlan: nextVlan(), sample, budget }));
        }
        const ratio = median(mine.map(({ rate }) => rate)) / median(other.map(({ rate }) => rate));
        rows.push([latency, size, ...cells(mine, size), ...cells(other, size), `${digits(ratio)}×`]);
        progress(`${size} switches at ${latency} ms: ${String(rows.at(-1)?.join(' | '))}`);
      }
    }
    return [
      table(
        [
          ...['Latency, ms', 'Switches', 'Ours, switches/s', 'did', 'CPU, ms/switch', 'Memory, MiB'],
          ...['Nornir+NAPALM, switches/s', 'did', 'CPU, ms/switch', 'Memory, MiB', 'Ratio'],
        ],
        rows,
      ),
      `Median of ${RUNS} runs (least–most), one run from 300 switches on. Latency: what each command waits for at the ` +
        `switch. The peer begins no switch after ${budget} s, ours none after the 120 s of its Job: *did* says how many ` +
        'were begun and ended. CPU: pushing process + simulated switches, and for ours + API server and etcd.',
    ].join('\n\n');
  } finally {
    await world.stop();
  }
}

async function startFarm(world: World, name: string, names: readonly string[]): Promise<Side> {
  const farm = world.start({
    name: `farm-${name}`,
    command: process.execPath,
    arguments: [here('world/switch-farm.ts'), ...names],
    environment: {},
  });
  return { farm: JSON.parse(await farm.firstLine()) as Farm, pid: farm.pid };
}

async function setLatency({ farm }: Side, ms: number): Promise<void> {
  const { body } = await request(`${farm.control}/latency/${ms}`, { method: 'PUT' });
  await body.dump();
}

/** Templates, rights, the device-watcher that makes models of ledgers, and the ledgers. */
async function prepare(world: World, names: readonly string[]): Promise<void> {
  const cwd = here('../templates');
  const files: Record<string, string> = {};
  for await (const path of glob('*/*.{j2,yaml}', { cwd }))
    files[path] = await readFile(join(cwd, path), 'utf8');
  await world.apply([
    ...(await manifests('services/device-watcher/rbac.yaml', 'services/enforcer/rbac.yaml')),
    ...configMaps(files),
  ]);
  const ledgers = client(world.api, DEVICES);
  await inParallel(names, 8, (name) => ledgers.create(deviceWith(name, {})));
  const watcher = await world.service('device-watcher');
  await watcher.process.whenReady();
}

/** Gives all owned ports another VLAN, and waits for the models. @returns the names */
async function program(world: World, names: readonly string[], vlan: number): Promise<readonly string[]> {
  const ledgers = client(world.api, DEVICES);
  const wanted = new Map<string, number>();
  await inParallel(names, 8, async (name) => {
    const device = await ledgers.get({ namespace: PLATFORM_NAMESPACE, name });
    const { metadata } = await ledgers.replace({ ...device, spec: ownedLedger({ ...OWNER, vlan }) });
    wanted.set(`interfaces-${name}`, metadata.generation ?? 0);
  });
  const models = client(world.api, CONFIG_MAPS);
  await until('all models are written', 120_000 + 500 * names.length, 500, async () => {
    const { items } = await models.list({ namespace: PLATFORM_NAMESPACE, labelSelector: 'type=model' });
    const written = items.filter(({ metadata }) => {
      const generation = wanted.get(metadata.name);
      return generation === Number(metadata.annotations?.[DEVICE_GENERATION_ANNOTATION]);
    });
    return written.length === names.length;
  });
  return names;
}

interface Result {
  /** Switches per second. */
  readonly rate: number;
  readonly done: number;
  /** CPU of each part, ms per switch. */
  readonly cpu: readonly number[];
  /** The most that a pushing process had resident, MiB. */
  readonly memory: number;
}

function cells(results: readonly Result[], size: number): string[] {
  const parts = results[0]?.cpu.map((_, part) => median(results.map(({ cpu }) => cpu[part] ?? NaN))) ?? [];
  const done = Math.min(...results.map((result) => result.done));
  return [
    spread(results.map(({ rate }) => rate)),
    done === size ? 'all' : String(done),
    parts.map((part) => Math.round(part)).join(' + '),
    String(Math.round(Math.max(...results.map(({ memory }) => memory)))),
  ];
}

/** @returns a function that enforces switches and proves how many were changed */
async function enforcer(world: World, side: Side, all: readonly string[]) {
  const directory = join(world.directory, 'slices');
  const inventory = parseInventory(ourInventory(side.farm, all));
  const ledgers = client(world.api, DEVICES);
  const environment = { KUBECONFIG: await world.account('enforcer'), NAAS_NAMESPACE: PLATFORM_NAMESPACE };
  let job = 0;

  return async (names: readonly string[]): Promise<Result> => {
    job += 1;
    const slices: string[] = [];
    for (let start = 0; start < names.length; start += SLICE) {
      const folder = join(directory, `${job}-${start}`);
      await mkdir(folder, { recursive: true });
      const text = sliceInventory(inventory, names.slice(start, start + SLICE));
      await writeFile(join(folder, 'slice-0.yaml'), text, { mode: 0o600 });
      slices.push(folder);
    }
    const before = await usage();
    const started = performance.now();
    let cpuMs = 0;
    let memory = 0;
    for (const folder of slices) {
      const used = await runSlice(folder);
      cpuMs += used.cpuMs;
      memory = Math.max(memory, used.peak);
    }
    const seconds = (performance.now() - started) / 1000;
    const after = await usage();
    const { items } = await ledgers.list({ namespace: PLATFORM_NAMESPACE });
    const wanted = new Set(names);
    const ofJob = items.filter(
      ({ metadata, status }) => wanted.has(metadata.name) && status?.attempted?.job === jobName(),
    );
    const done = ofJob.filter(isApplied).length;
    if (done === 0 || done < ofJob.length) {
      const { metadata, status } = ofJob.find((device) => !isApplied(device)) ?? {};
      throw new Error(`${metadata?.name}: ${status?.attempted?.outcome} ${status?.attempted?.message}`);
    }
    const others = after.map((now, part) => now - (before[part] ?? 0));
    return { rate: done / seconds, done, cpu: [cpuMs, ...others].map((ms) => ms / done), memory };
  };

  /** Of the switches, and of the API server with etcd. */
  async function usage(): Promise<number[]> {
    const [switches, ...plane] = await Promise.all(
      [side.pid, ...Object.values(world.plane.pids)].map(async (pid) => (await processUsage(pid)).cpuMs),
    );
    return [switches ?? NaN, plane.reduce((sum, ms) => sum + ms, 0)];
  }

  function jobName(): string {
    return `bench-${job}`;
  }

  /** One process, as the Pod of a Job runs it; BENCH_PROFILE names a folder for its CPU profile and log. @returns what it has used */
  async function runSlice(folder: string): Promise<ProcessUsage> {
    const child = spawn(process.execPath, [...profiling(), join(world.dist, 'enforcer.mjs')], {
      env: { ...environment, NAAS_SLICE_DIRECTORY: folder, NAAS_JOB: jobName() },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const log = process.env['BENCH_PROFILE'];
    if (log === undefined) child.stdout.resume();
    else child.stdout.pipe(createWriteStream(join(log, `${basename(folder)}.log`)));
    let used: ProcessUsage = { cpuMs: 0, memory: 0, peak: 0 };
    const sample = setInterval(() => {
      processUsage(child.pid).then(
        // Between its end and our hearing of it a process has times but no memory any more.
        (usage) => (used = Number.isNaN(usage.peak) ? { ...used, cpuMs: usage.cpuMs } : usage),
        () => undefined,
      );
    }, 50);
    await once(child, 'close');
    clearInterval(sample);
    return used;
  }
}

function isApplied({ status, metadata }: Device): boolean {
  return status?.attempted?.outcome === 'applied' && status.applied?.generation === metadata.generation;
}

function ourInventory({ ports, hostKey }: Farm, names: readonly string[]): InventoryFiles {
  const hosts = names.map((name) => ({ name, hostname: '127.0.0.1', port: ports[name] ?? 0 }));
  const naas = { ports: [`1-${PORTS}`], uplinks: ['53', '54'], adopt: true, hostKeys: [hostKey] };
  return inventoryFiles(hosts, {
    ...{ platform: 'eos', username: LOGIN.name, password: LOGIN.password },
    data: { naas },
  });
}

/** What a switch runs. */
async function configuration({ farm }: Side, name: string): Promise<string> {
  const { body } = await request(`${farm.control}/config/${name}`);
  return body.text();
}

async function peer(
  world: World,
  python: string,
  side: Side,
  options: { names: readonly string[]; vlan: number; sample: { name: string; text: string }; budget: number },
): Promise<Result> {
  const { names, vlan, sample, budget } = options;
  const folder = join(world.directory, `peer-${vlan}`);
  await mkdir(folder, { recursive: true });
  // For each host: nornir-napalm writes the first host's port into options that hosts share.
  const hosts = names.map((name) => {
    const port = side.farm.ports[name] ?? 0;
    const napalm = {
      extras: { timeout: 60, optional_args: { transport: 'ssh', enable_password: '', port } },
    };
    return { name, hostname: '127.0.0.1', port, own: { connection_options: { napalm } } };
  });
  const login = { platform: 'eos', username: LOGIN.name, password: LOGIN.password };
  const files = inventoryFiles(hosts, login);
  await writeFile(join(folder, 'hosts.yaml'), files.hosts);
  await writeFile(join(folder, 'groups.yaml'), files.groups);
  for (const name of names) {
    const text = sample.text
      .replaceAll(sample.name, name)
      .replace(/^(vlan|   switchport access vlan) 10$/gm, `$1 ${vlan}`);
    await writeFile(join(folder, `${name}.cfg`), text);
  }
  const before = await processUsage(side.pid);
  const script = await promisify(execFile)(
    '/bin/sh',
    // `times` tells the CPU time of what the shell ran.
    [
      '-c',
      '"$@"; times',
      'sh',
      python,
      '-W',
      'ignore',
      PEER_SCRIPT,
      folder,
      String(PEER_WORKERS),
      String(budget),
    ],
    { timeout: 900_000, maxBuffer: 16 * 1024 * 1024 },
  );
  const after = await processUsage(side.pid);
  const lines = script.stdout.trim().split('\n');
  const said = JSON.parse(lines.find((line) => line.startsWith('{')) ?? '{}') as {
    seconds: number;
    changed: number;
    unchanged: number;
    failed: number;
    error: string | null;
    peakMemory: number;
  };
  if (said.failed > 0 || said.unchanged > 0 || !(said.changed > 0)) {
    throw new Error(`the peer: ${said.failed} failed, ${said.unchanged} unchanged: ${said.error ?? ''}`);
  }
  const cpu = [cpuOf(lines.at(-1) ?? ''), after.cpuMs - before.cpuMs].map((ms) => ms / said.changed);
  return { rate: said.changed / said.seconds, done: said.changed, cpu, memory: said.peakMemory };
}

/** @param line such as `0m1.23s 0m0.45s` */
function cpuOf(line: string): number {
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000,
    0,
  );
}
