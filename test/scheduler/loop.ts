import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { API_VERSION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { Device, Ledger } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import { systemClock } from '../../lib/kube/clock.ts';
import { connect, type Connection } from '../../lib/kube/connection.ts';
import type { EventInput, EventRecorder } from '../../lib/kube/events.ts';
import { silentLog, type Log } from '../../lib/kube/log.ts';
import { CONFIG_MAPS, DEVICES, JOBS, PODS, SECRETS } from '../../lib/kube/resources.ts';
import { watchDevices } from '../../services/device-watcher/watch.ts';
import { inventorySource } from '../../services/scheduler/inventory-source.ts';
import { scheduler } from '../../services/scheduler/schedule.ts';
import { createStores } from '../../services/scheduler/stores.ts';
import { configMaps } from '../../templates/config-maps.ts';
import { apiServer } from '../support/api-server.ts';
import { startNodeAgent, type NodeAgent } from '../../tools/node-agent/agent.ts';
import { apply, documents } from '../../tools/controlplane/apply.ts';
import type { Behaviour, FakeRun } from './fake-enforcer.ts';
import { until } from '../support/until.ts';

export const IMAGE = 'network.as.a.service/naas:local';
export const namespace = PLATFORM_NAMESPACE;
/** In the inventory of every test, and to be found nowhere else (S-63). */
export const CANARY = 'c4n4ry-p4ssw0rd';

/** A log that the test can read. */
export function recordingLog(lines: string[]): Log {
  const write = (fields: object, message: string): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}

export interface RunningScheduler {
  stop(): Promise<void>;
}

/** The part of the platform from the ledger to the Jobs, with a fake enforcer, on a real control plane. */
export async function startLoop() {
  const stops: (() => Promise<void>)[] = [];
  // Before the control plane registers its own end: what talks to it must end first.
  after(async () => {
    for (const stop of stops) await stop();
  });
  const plane = await apiServer();
  const admin = await connect({
    kubeconfig: await plane.kubeconfigFor({ name: 'admin', groups: ['system:masters', 'naas:break-glass'] }),
  });
  const dist = await mkdtemp(join(tmpdir(), 'naas-dist-'));
  const state = await mkdtemp(join(tmpdir(), 'naas-node-'));
  const events: EventInput[] = [];
  const lines: string[] = [];
  const log = recordingLog(lines);
  const recorder: EventRecorder = {
    event: (event) => void events.push(event),
    stop: () => Promise.resolve(),
  };
  const connections: Connection[] = [admin];
  const schedulers = new Set<RunningScheduler>();
  let agent: NodeAgent | undefined;

  const fake = new URL('./fake-enforcer.ts', import.meta.url).href;
  await writeFile(
    join(dist, 'enforcer.mjs'),
    `import { fakeEnforcer } from ${JSON.stringify(fake)};\nawait fakeEnforcer(${JSON.stringify(dist)});\n`,
  );
  await writeFile(join(dist, 'control.json'), '{}');
  const manifests = ['device-watcher', 'scheduler', 'enforcer'].map((name) => `services/${name}/rbac.yaml`);
  for (const file of manifests) {
    await apply(admin, documents(await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')));
  }
  const shipped = ['eos/generic.j2', 'eos/interface.j2', 'models/generic.yaml'];
  const texts = await Promise.all(
    shipped.map(async (path) => [
      path,
      await readFile(new URL(`../../templates/${path}`, import.meta.url), 'utf8'),
    ]),
  );
  await apply(admin, configMaps(Object.fromEntries(texts) as Record<string, string>));

  /** As the ServiceAccount, so that its role is what counts. */
  async function connectAs(name: string): Promise<Connection> {
    const user = `system:serviceaccount:${namespace}:${name}`;
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    const connection = await connect({ kubeconfig: await plane.kubeconfigFor({ name: user, groups }) });
    connections.push(connection);
    return connection;
  }

  const devices = client(admin, DEVICES);
  const watcher = watchDevices({
    connection: await connectAs('device-watcher'),
    namespace,
    events: recorder,
    log: silentLog,
  });
  await watcher.lead();

  async function startAgent(): Promise<NodeAgent> {
    agent = await startNodeAgent({
      ...{
        connection: admin,
        nodeName: 'local',
        image: IMAGE,
        dist,
        state,
        namespace,
        events: recorder,
        log,
      },
      tls: plane.kubeletTls,
    });
    return agent;
  }

  /** @param aheadMs how far its clock is ahead of all others */
  async function startScheduler({ aheadMs = 0 } = {}): Promise<RunningScheduler> {
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const connection = await connectAs('scheduler');
    const stores = createStores(connection, { namespace, log });
    const inventory = inventorySource({ connection, namespace, events: recorder, log });
    const work = scheduler({ connection, namespace, image: IMAGE, stores, inventory, log, clock });
    stores.start();
    await work.lead();
    const running: RunningScheduler = {
      async stop() {
        schedulers.delete(running);
        await work.stop();
        await Promise.all([stores.stop(), inventory.stop()]);
      },
    };
    schedulers.add(running);
    return running;
  }

  async function setInventory(hosts: string): Promise<void> {
    const secrets = client(admin, SECRETS);
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'inventory', namespace },
      stringData: { 'hosts.yaml': hosts },
    };
    await secrets.patch({ namespace, name: 'inventory' }, secret, {
      type: 'apply',
      fieldManager: 'test',
      force: true,
    });
  }

  const loop = {
    ...{ plane, admin, dist, state, events, lines, log, connectAs, startAgent, startScheduler, setInventory },
    devices,
    jobs: client(admin, JOBS),
    pods: client(admin, PODS),
    secrets: client(admin, SECRETS),
    configMaps: client(admin, CONFIG_MAPS),
    /** How devices behave from now on. */
    behave: (control: Record<string, Behaviour>) =>
      writeFile(join(dist, 'control.json'), JSON.stringify(control)),
    runs(device?: string): FakeRun[] {
      const file = join(dist, 'runs.jsonl');
      const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
      const runs = text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as FakeRun);
      return device === undefined ? runs : runs.filter((run) => run.devices.includes(device));
    },
    async device(name: string): Promise<Device> {
      return devices.get({ namespace, name });
    },
    async create(name: string, spec: Ledger = {}): Promise<Device> {
      return devices.create({ apiVersion: API_VERSION, kind: 'Device', metadata: { name, namespace }, spec });
    },
    /** Replaces the ledger, as the interface-watcher does. */
    async write(name: string, spec: Ledger): Promise<Device> {
      return until(`ledger of ${name} written`, async () => {
        const stored = await devices.get({ namespace, name });
        return devices.replace({ ...stored, spec }).catch(() => undefined);
      });
    },
    /** Waits until the device confirmed what its ledger says. */
    async applied(name: string, generation?: number): Promise<Device> {
      return until(`${name} applied`, async () => {
        const device = await devices.get({ namespace, name });
        const wanted = generation ?? device.metadata.generation ?? 0;
        return (device.status?.applied?.generation ?? -1) >= wanted ? device : undefined;
      });
    },
    async condition(name: string, type: string, wanted: string): Promise<Device> {
      return until(`${type} ${wanted} on ${name}`, async () => {
        const device = await devices.get({ namespace, name });
        const found = device.status?.conditions?.find((condition) => condition.type === type);
        const text = found === undefined ? 'absent' : `${found.status} ${found.reason}`;
        return text === wanted ? device : undefined;
      });
    },
    async stop(): Promise<void> {
      await Promise.all([...schedulers].map((one) => one.stop()));
      await agent?.stop();
      await watcher.stopWatching();
      await watcher.stopWriting();
      for (const connection of connections) await connection.close();
      await Promise.all([dist, state].map((directory) => rm(directory, { recursive: true, force: true })));
    },
  };
  stops.push(() => loop.stop());
  return loop;
}

/** An inventory of devices with 16 ports and a password that must never be seen. */
export function hosts(...names: string[]): string {
  const entries = names.map((name) => {
    const [plain = name, mode = 'enforce'] = name.split(':');
    return [
      `${plain}:`,
      '  hostname: 127.0.0.1',
      '  platform: eos',
      '  username: admin',
      `  password: ${CANARY}`,
      '  data:',
      '    naas:',
      '      ports: ["1-16"]',
      '      uplinks: ["16"]',
      '      adopt: true',
      `      mode: ${mode}`,
    ].join('\n');
  });
  return entries.join('\n');
}

/** A ledger in which one request of tenant-a is on top of the ports. */
export function ledger(ports: readonly string[], { vlan = 10, generation = 1, since = 0 } = {}): Ledger {
  return Object.fromEntries(
    ports.map((port) => [
      port,
      {
        ...{ vlan, trunk: false, shutdown: false, stp: 'portfast' as const, description: 'request-001' },
        annotations: {
          ...{ namespace: 'tenant-a', owner: 'request-001', uid: '11111111-1111-1111-1111-111111111111' },
          ...{ generation, timestamp: '2026-01-01T00:00:00.000Z', since },
        },
      },
    ]),
  );
}
