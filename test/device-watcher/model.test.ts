import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { API_VERSION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { Device, Ledger } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { isNotFound } from '../../lib/kube/errors.ts';
import { silentLog } from '../../lib/kube/log.ts';
import { CONFIG_MAPS, DEVICES, type ConfigMap } from '../../lib/kube/resources.ts';
import { watchDevices, type DeviceWatcher } from '../../services/device-watcher/watch.ts';
import { apiServer } from '../support/api-server.ts';
import { until } from '../support/until.ts';

const plane = await apiServer({ controllerManager: false });
const connection = await connect({
  kubeconfig: await plane.kubeconfigFor({ name: 'admin', groups: ['system:masters', 'naas:break-glass'] }),
});
after(() => connection.close());
const devices = client(connection, DEVICES);
const configMaps = client(connection, CONFIG_MAPS);
const namespace = PLATFORM_NAMESPACE;

const told: { reason: string; name: string }[] = [];
const refused: string[] = [];
const watchers: DeviceWatcher[] = [];
async function start(): Promise<DeviceWatcher> {
  const watcher = watchDevices({
    connection,
    namespace,
    log: silentLog,
    events: {
      event: ({ reason, regarding }) => void told.push({ reason, name: regarding.metadata.name }),
      stop: () => Promise.resolve(),
    },
    refused: (device) => void refused.push(device),
  });
  watchers.push(watcher);
  // As one that followed before: what its caches hold is no news.
  await until('the caches are filled', () => watcher.hasSynced());
  await watcher.lead();
  return watcher;
}
async function stop(watcher: DeviceWatcher): Promise<void> {
  await watcher.stopWatching();
  await watcher.stopWriting();
}
after(() => Promise.all(watchers.map(stop)));
const first = await start();

function ledger(...ports: string[]): Ledger {
  return Object.fromEntries(
    ports.map((port) => [
      port,
      {
        ...{ vlan: 10, trunk: true, shutdown: false, stp: 'portfast' as const, description: 'request-001' },
        annotations: {
          namespace: 'tenant-a',
          owner: 'request-001',
          uid: '11111111-1111-1111-1111-111111111111',
          generation: 1,
          timestamp: '2026-01-01T00:00:00.000Z',
          since: 1,
        },
      },
    ]),
  );
}

async function create(name: string, spec: Ledger, annotations: Record<string, string> = {}): Promise<Device> {
  return devices.create({
    apiVersion: API_VERSION,
    kind: 'Device',
    metadata: { name, namespace, annotations },
    spec,
  });
}

async function model(name: string): Promise<ConfigMap | undefined> {
  try {
    return await configMaps.get({ namespace, name: `interfaces-${name}` });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function modelAt(name: string, generation: number): Promise<ConfigMap> {
  return until(`model of ${name} at generation ${generation}`, async () => {
    const found = await model(name);
    return found?.metadata.annotations?.['network.as.a.service/device-generation'] === String(generation)
      ? found
      : undefined;
  });
}

test('a Device gets a model with the labels, annotations and data that templates and enforcers look for', async () => {
  const device = await create('devicea', ledger('10', '2', '49/1'));
  const found = await modelAt('devicea', 1);
  assert.deepEqual(found.metadata.labels, {
    app: 'naas',
    type: 'model',
    device: 'devicea',
    'app.kubernetes.io/managed-by': 'device-watcher',
  });
  assert.deepEqual(found.metadata.annotations, {
    order: '99',
    template: 'interface.j2',
    'network.as.a.service/device-uid': device.metadata.uid,
    'network.as.a.service/device-generation': '1',
  });
  assert.deepEqual(Object.keys(parse(found.data?.['structured-config'] ?? '') as object), [
    '2',
    '10',
    '49/1',
  ]);
});

test('R11: each generation of a Device is written, even if the model says the same', async () => {
  const stored = await create('same', {
    '20': { annotations: { namespace: 'tenant-b' }, others: [reserved(0)] },
  });
  const before = await modelAt('same', 1);
  await devices.replace({
    ...stored,
    spec: { '20': { annotations: { namespace: 'tenant-b' }, others: [reserved(1)] } },
  });
  const now = await modelAt('same', 2);
  assert.deepEqual(now.data, before.data);
  assert.deepEqual(now.data, { 'structured-config': '{}\n' });
});

function reserved(attempt: number) {
  return {
    ...{ vlan: 33, trunk: false, shutdown: true, stp: 'portfast' as const, description: 'x', owner: 'x' },
    ...{ uid: '22222222-2222-2222-2222-222222222222', generation: 1, attempt },
  };
}

test('R11: a model that somebody edits or deletes comes back as the Device has it', async () => {
  await create('edited', ledger('1'));
  const before = await modelAt('edited', 1);
  await configMaps.replace({ ...before, data: { 'structured-config': '{"1": {"vlan": 4000}}' } });
  await until('edited model put right', async () => {
    const found = await model('edited');
    return found?.data?.['structured-config'] === before.data?.['structured-config'] ? found : undefined;
  });
  // A generation from the future must not block the device for ever.
  const stored = await modelAt('edited', 1);
  const annotations = { ...stored.metadata.annotations, 'network.as.a.service/device-generation': '999' };
  await configMaps.replace({ ...stored, metadata: { ...stored.metadata, annotations } });
  await modelAt('edited', 1);
  await configMaps.delete({ namespace, name: 'interfaces-edited' });
  await modelAt('edited', 1);
});

test('R10: no model is written while a Device is rebuilding', async () => {
  const stored = await create('rebuilt', ledger('1'), { 'network.as.a.service/rebuilding': 'true' });
  await create('witness', ledger('1'));
  await modelAt('witness', 1);
  assert.equal(await model('rebuilt'), undefined);
  await devices.replace({ ...stored, metadata: { ...stored.metadata, annotations: {} } });
  await modelAt('rebuilt', 1);
});

test('a removed Device takes an empty model with it and leaves one that shows ports', async () => {
  await create('empty', {});
  await create('full', ledger('1'));
  await modelAt('empty', 1);
  await modelAt('full', 1);
  await devices.delete({ namespace, name: 'full' });
  await devices.delete({ namespace, name: 'empty' });
  await until('empty model gone', async () => ((await model('empty')) === undefined ? true : undefined));
  assert.notEqual(await model('full'), undefined);
});

test('a Device that is made anew replaces the model of the lost one, whatever its generation', async () => {
  const stored = await create('lost', ledger('1'));
  await devices.replace({ ...stored, spec: ledger('1', '2') });
  await modelAt('lost', 2);
  await devices.delete({ namespace, name: 'lost' });
  const anew = await create('lost', ledger('3'));
  const found = await until('model of the new Device', async () => {
    const now = await model('lost');
    return now?.metadata.annotations?.['network.as.a.service/device-uid'] === anew.metadata.uid
      ? now
      : undefined;
  });
  assert.deepEqual(Object.keys(parse(found.data?.['structured-config'] ?? '') as object), ['3']);
});

test('S-15 a ConfigMap of the model’s name that is somebody else’s is never touched', async () => {
  const foreign = await configMaps.create({
    metadata: { name: 'interfaces-taken', namespace, labels: { app: 'naas', type: 'model' } },
    data: { scripts: 'important' },
  });
  await create('taken', ledger('1'));
  await until('refusal', () => (refused.includes('taken') ? true : undefined));
  assert.deepEqual(await model('taken'), foreign);
  assert.ok(told.some(({ reason, name }) => reason === 'ModelNameTaken' && name === 'taken'));
  await devices.delete({ namespace, name: 'taken' });
  await create('witness-2', {});
  await modelAt('witness-2', 1);
  assert.deepEqual(await model('taken'), foreign);
});

test('S-15 a device named like a ConfigMap of the platform does not reach it', async () => {
  const platform = await configMaps.create({
    metadata: { name: 'catalog', namespace },
    data: { 'catalog.json': '{}' },
  });
  await create('catalog', ledger('1'));
  await modelAt('catalog', 1);
  assert.deepEqual(await configMaps.get({ namespace, name: 'catalog' }), platform);
});

test('what changed while no device-watcher ran is found by the next one', async () => {
  await create('passing', {});
  await modelAt('passing', 1);
  await stop(first);
  watchers.splice(watchers.indexOf(first), 1);
  const stored = await devices.get({ namespace, name: 'devicea' });
  await devices.replace({ ...stored, spec: ledger('5') });
  await create('later', ledger('1'));
  await devices.delete({ namespace, name: 'passing' });
  await start();
  await modelAt('devicea', 2);
  await modelAt('later', 1);
  await until(
    'the model of a Device that is gone goes too',
    async () => (await model('passing')) === undefined,
  );
});
