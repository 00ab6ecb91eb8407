import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { TENANTS } from '../../lib/kube/resources.ts';
import type { DeviceWorld } from '../../services/interface-watcher/world.ts';
import { apiServer } from '../support/api-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { conditionOf, startLab, watcherAccount } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-54"}}}
`;
const MORE = `
devicec: {hostname: 192.0.2.3, platform: eos, data: {naas: {ports: "1-54"}}}
`;

const controlPlane = await apiServer();
const lab = await startLab(controlPlane);
for (const namespace of ['tenant-a', 'tenant-b']) await lab.namespace(namespace);
await lab.inventory(HOSTS);
await client(lab.connection, TENANTS).create({
  metadata: { name: 'tenant-a' },
  spec: { grants: [{ devices: [], groups: ['global'], ports: ['*'], vlans: [100] }], maxPorts: 4 },
});
const proxy = await startFaultProxy({ kubeconfig: await watcherAccount(controlPlane) });
const connection = await connect({ kubeconfig: proxy.kubeconfig });
after(async () => {
  await connection.close();
  await proxy.stop();
});
// The ledgers are there, and known to whoever starts later.
const first = await lab.watcher();
for (const name of ['devicea', 'deviceb']) await lab.untilDevice(name, 'there', (it) => it !== undefined);
await first.stop();

afterEach(async () => {
  proxy.clearFaults();
  const cleaner = await lab.watcher();
  await lab.clear();
  await cleaner.stop();
});

const LIMIT = 'tenant-a would hold 8 ports over all devices, its limit is 4: 4 too many';
const apply = (name: string, devicename: string) =>
  lab.apply('tenant-a', name, [{ devicename, ports: ['1-4'], vlan: 100 }]);
const untilSaid = (name: string, words: string) =>
  lab.untilRequest('tenant-a', name, words, (it) => conditionOf(it, 'Accepted')?.message === words);

/** Devices are listed, and nothing more is heard of them: the cache does not show what is claimed. */
function silenceDevices(): void {
  proxy.fault({
    match: ({ watch, path }) => watch && path.endsWith('/devices'),
    until: new Promise(() => {}),
  });
}

test('what was claimed before counts, though the caches do not show it', async () => {
  silenceDevices();
  const watcher = await lab.watcher({ connection });
  await apply('one', 'deviceA');
  await lab.untilRequest(
    'tenant-a',
    'one',
    'accepted',
    (it) => it?.status?.claim?.accepted?.generation === 1,
  );
  await apply('two', 'deviceB');
  await untilSaid('two', LIMIT);
  assert.equal((await lab.request('tenant-a', 'two'))?.status?.claim?.accepted, undefined);
  await watcher.stop();
});

test('what a write without an answer has claimed counts as well', async () => {
  silenceDevices();
  const lost = Promise.withResolvers<void>();
  let isLost = false;
  /** The answer of the first reservation is lost, and the other request is there before it is tried again. */
  const wrap = (world: DeviceWorld): DeviceWorld => ({
    ...world,
    async replaceDevice(device) {
      const stored = await world.replaceDevice(device);
      if (isLost || stored === undefined || Object.keys(device.spec).length === 0) return stored;
      isLost = true;
      await apply('two', 'deviceB');
      lost.resolve();
      throw new Error('the answer is lost');
    },
  });
  const watcher = await lab.watcher({ connection, wrap });
  await apply('one', 'deviceA');
  await lost.promise;
  await lab.untilRequest(
    'tenant-a',
    'one',
    'accepted or refused',
    (it) => it?.status?.claim?.accepted !== undefined || conditionOf(it, 'Accepted')?.status === 'False',
  );
  await lab.untilRequest('tenant-a', 'two', 'decided', (it) => conditionOf(it, 'Accepted') !== undefined);
  const requests = await Promise.all(['one', 'two'].map((name) => lab.request('tenant-a', name)));
  assert.equal(requests.filter((it) => it?.status?.claim?.accepted !== undefined).length, 1);
  await watcher.stop();
});

test('a burst of a limited tenant holds up nobody else, and is decided to the last request', async () => {
  const MANY = 80;
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  /** The first claim of tenant-a takes long. */
  const wrap = (world: DeviceWorld): DeviceWorld => ({
    ...world,
    async replaceDevice(device) {
      if (Object.values(device.spec).some(({ annotations }) => annotations.namespace === 'tenant-a')) {
        begun.resolve();
        await released.promise;
      }
      return world.replaceDevice(device);
    },
  });
  const names = Array.from({ length: MANY }, (_, index) => `many-${index}`);
  for (const [index, name] of names.entries()) {
    const ports = [1 + (index % 54)];
    await lab.apply('tenant-a', name, [{ devicename: 'deviceA', ports, vlan: 100 }]);
  }
  const watcher = await lab.watcher({ wrap });
  await begun.promise;
  await lab.apply('tenant-b', 'other', [{ devicename: 'deviceB', ports: [1], vlan: 100 }]);
  await lab.untilCondition('tenant-b', 'other', 'Accepted', 'Accepted');
  released.resolve();
  const reasons = () => names.map((name) => conditionOf(lab.seen('tenant-a', name), 'Accepted')?.reason);
  const count = (wanted: string) => reasons().filter((reason) => reason === wanted).length;
  await lab.untilAny('all are decided', () => count('Accepted') + count('PortLimitExceeded') === MANY);
  const ledger = await lab.device('devicea');
  assert.equal(Object.keys(ledger?.spec ?? {}).length, 4);
  await watcher.stop();
});

const LOSSES = {
  'is missing': (fail: () => Promise<never>): Partial<DeviceWorld> => ({ createDevice: fail }),
  'is being rebuilt': (fail: () => Promise<never>): Partial<DeviceWorld> => ({ listInterfaces: fail }),
};
for (const [what, break_] of Object.entries(LOSSES)) {
  test(`R10 while a ledger ${what} its ports cannot be counted: a claim of a limited tenant waits`, async () => {
    let isBroken = true;
    const tried = Promise.withResolvers<void>();
    const fail = async (): Promise<never> => {
      tried.resolve();
      throw new Error('not now');
    };
    const wrap = (world: DeviceWorld): DeviceWorld => ({ ...world, ...(isBroken && break_(fail)) });
    const watcher = await lab.watcher({ wrap });
    await lab.inventory(HOSTS + MORE);
    await tried.promise;
    await apply('one', 'deviceA');
    await untilSaid(
      'one',
      'Waiting for all ledgers: the ports of tenant-a cannot be counted before they are whole',
    );
    isBroken = false;
    await lab.untilCondition('tenant-a', 'one', 'Accepted', 'Accepted');
    await lab.clear();
    await lab.inventory(HOSTS);
    await lab.untilDevice('devicec', 'gone', (it) => it === undefined);
    await watcher.stop();
  });
}
