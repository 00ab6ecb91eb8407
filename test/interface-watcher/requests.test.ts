import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { RELEASE_FINALIZER } from '../../crds/names.ts';
import { apiServer } from '../support/api-server.ts';
import { conditionOf, owners, startLab } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54", uplinks: "49-54", reservedVlans: "4000"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-54", uplinks: "49-54"}}}
`;

const lab = await startLab(await apiServer());
await lab.namespace('tenant-a');
await lab.namespace('tenant-b');
await lab.inventory(HOSTS);
const { untilEvent } = await lab.watcher();

const isEmpty = (device: { spec: object } | undefined): boolean =>
  Object.keys(device?.spec ?? { 1: 1 }).length === 0;

afterEach(() => lab.clear());

test('a request is accepted on two devices, and Ready when both have confirmed', async () => {
  await lab.apply('tenant-a', 'request-001', [
    { devicename: 'deviceA', ports: ['1-15', '16'], vlan: 10, trunk: true },
    { devicename: 'deviceB', ports: ['1-10', 11], vlan: 110 },
  ]);
  const accepted = await lab.untilCondition('tenant-a', 'request-001', 'Accepted', 'Accepted');
  assert.equal(conditionOf(accepted, 'Programmed')?.reason, 'Pushing');
  assert.equal(conditionOf(accepted, 'Reconciling')?.status, 'True');
  assert.deepEqual(accepted.metadata.finalizers, [RELEASE_FINALIZER]);
  assert.deepEqual(accepted.status?.summary, { devices: 'devicea,deviceb', ports: '27/27', vlans: '10,110' });
  await lab.confirm('devicea');
  const half = await lab.untilRequest(
    'tenant-a',
    'request-001',
    'half way',
    (it) => it?.status?.devices?.[0]?.state === 'Programmed',
  );
  assert.equal(conditionOf(half, 'Ready')?.status, 'False');
  await lab.confirm('deviceb');
  const ready = await lab.untilCondition('tenant-a', 'request-001', 'Ready', 'Ready');
  assert.equal(conditionOf(ready, 'Reconciling'), undefined);
  assert.equal(ready.status?.programmedGeneration, 1);
  assert.equal((await untilEvent(ready.metadata.uid, 'Accepted')).type, 'Normal');
  await untilEvent(ready.metadata.uid, 'Programmed');
});

test('S-26 an update that moves ports to another device releases the old one', async () => {
  await lab.apply('tenant-a', 'mover', [{ devicename: 'devicea', ports: ['1-2'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'mover', 'Accepted', 'Accepted');
  await lab.confirm('devicea');
  await lab.untilCondition('tenant-a', 'mover', 'Ready', 'Ready');
  await lab.apply('tenant-a', 'mover', [{ devicename: 'deviceb', ports: ['3'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'mover', 'Accepted', 'Accepted');
  await lab.untilDevice('devicea', 'empty', isEmpty);
  // The two are written at the same time.
  await lab.untilDevice('deviceb', 'with port 3', (it) => owners(it)['3'] === 'tenant-a/mover');
  await lab.confirm('deviceb');
  const waiting = await lab.untilRequest(
    'tenant-a',
    'mover',
    'confirmed by deviceb',
    (it) =>
      it?.status?.devices?.some(({ name, state }) => name === 'deviceb' && state === 'Programmed') ?? false,
  );
  assert.equal(conditionOf(waiting, 'Ready')?.reason, 'Pushing', 'devicea has not confirmed the release');
  await lab.confirm('devicea');
  const ready = await lab.untilCondition('tenant-a', 'mover', 'Ready', 'Ready');
  await lab.untilRequest(
    'tenant-a',
    'mover',
    'without devicea',
    (it) => it?.status?.claim?.devices?.join() === 'deviceb',
  );
  assert.equal(ready.status?.programmedGeneration, 2);
});

test('the newer request of a tenant takes over, and gives back when it is deleted', async () => {
  await lab.apply('tenant-a', 'request-001', [
    { devicename: 'devicea', ports: ['1-16'], vlan: 10, trunk: true },
  ]);
  await lab.untilCondition('tenant-a', 'request-001', 'Accepted', 'Accepted');
  await lab.confirm('devicea');
  await lab.untilCondition('tenant-a', 'request-001', 'Ready', 'Ready');
  await lab.apply('tenant-a', 'request-002', [
    { devicename: 'devicea', ports: ['1-2', 4, '15-19'], vlan: 100, trunk: true, shutdown: false },
  ]);
  await lab.untilCondition('tenant-a', 'request-002', 'Accepted', 'Accepted');
  const older = await lab.untilCondition('tenant-a', 'request-001', 'Shadowed', 'TakenOver');
  assert.equal(conditionOf(older, 'Ready')?.status, 'True', 'what it still holds is as it was');
  assert.match(
    conditionOf(older, 'Shadowed')?.message ?? '',
    /1-2,4,15-16 of devicea: held by request-002, shown as before/,
  );
  await lab.confirm('devicea');
  await lab.untilCondition('tenant-a', 'request-002', 'Ready', 'Ready');
  const device = await lab.device('devicea');
  assert.equal(device?.spec['2']?.description, 'request-002');
  assert.equal(device?.spec['3']?.description, 'request-001');
  await lab.delete('tenant-a', 'request-002');
  const pushing = await lab.untilRequest(
    'tenant-a',
    'request-001',
    'pushing',
    (it) => conditionOf(it, 'Ready')?.reason === 'Pushing',
  );
  assert.equal(conditionOf(pushing, 'Reconciling')?.status, 'True');
  assert.equal(conditionOf(pushing, 'Shadowed'), undefined);
  await lab.confirm('devicea');
  await lab.untilCondition('tenant-a', 'request-001', 'Ready', 'Ready');
  await lab.untilRequest('tenant-a', 'request-002', 'gone', (it) => it === undefined);
  assert.equal(Object.keys((await lab.device('devicea'))?.spec ?? {}).length, 16);
});

test("a request for another tenant's ports is refused with their names, and accepted when they are free", async () => {
  await lab.apply('tenant-a', 'request-001', [{ devicename: 'deviceA', ports: ['1-16'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'request-001', 'Accepted', 'Accepted');
  await lab.apply('tenant-b', 'request-002', [
    { devicename: 'deviceA', ports: ['11-13', 15, 16, 20], vlan: 1010 },
  ]);
  const refused = await lab.untilCondition('tenant-b', 'request-002', 'Ready', 'PortOwnedByOtherTenant');
  assert.equal(
    conditionOf(refused, 'Accepted')?.message,
    'Ports 11-13,15-16@deviceA are owned by a different tenant: tenant-a (request request-001)',
  );
  assert.equal(conditionOf(refused, 'Stalled')?.status, 'True');
  assert.deepEqual(refused.status?.devices?.[0]?.conflicts, [
    { ports: '11-13,15-16', reason: 'PortOwnedByOtherTenant', owner: 'tenant-a/request-001' },
  ]);
  assert.equal(owners(await lab.device('devicea'))['20'], undefined, 'nothing is reserved');
  await lab.delete('tenant-a', 'request-001');
  await lab.untilCondition('tenant-b', 'request-002', 'Accepted', 'Accepted');
});

test('a refused update leaves the old generation in force with all its ports', async () => {
  await lab.apply('tenant-a', 'holder', [{ devicename: 'deviceb', ports: ['5'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'holder', 'Accepted', 'Accepted');
  await lab.apply('tenant-b', 'update', [{ devicename: 'devicea', ports: ['1-3'], vlan: 20 }]);
  await lab.untilCondition('tenant-b', 'update', 'Accepted', 'Accepted');
  await lab.confirm('devicea');
  await lab.untilCondition('tenant-b', 'update', 'Ready', 'Ready');
  await lab.apply('tenant-b', 'update', [
    { devicename: 'devicea', ports: ['1'], vlan: 21 },
    { devicename: 'deviceb', ports: ['5'], vlan: 21 },
  ]);
  const refused = await lab.untilCondition('tenant-b', 'update', 'Ready', 'PortOwnedByOtherTenant');
  assert.equal(refused.status?.programmedGeneration, 1);
  assert.equal(refused.status?.claim?.accepted?.generation, 1);
  assert.equal(conditionOf(refused, 'Programmed')?.reason, 'NotAccepted');
  const ledger = await lab.device('devicea');
  assert.deepEqual(owners(ledger), { 1: 'tenant-b/update', 2: 'tenant-b/update', 3: 'tenant-b/update' });
  assert.equal(ledger?.spec['1']?.vlan, 20);
});

const REFUSED = [
  {
    name: 'S-14 a device that is not in the inventory',
    devicename: 'devicex',
    ports: ['1'],
    vlan: 10,
    reason: 'DeviceUnknown',
    message: 'Device devicex does not exist',
  },
  {
    name: 'a port that the device does not have',
    devicename: 'deviceA',
    ports: ['99'],
    vlan: 10,
    reason: 'PortUnknown',
    message: 'Port 99@deviceA does not exist',
  },
  {
    name: 'an uplink',
    devicename: 'deviceA',
    ports: ['49-50'],
    vlan: 10,
    reason: 'PortNotDelegable',
    message: 'Ports 49-50@deviceA are uplinks',
  },
  {
    name: 'a reserved VLAN',
    devicename: 'deviceA',
    ports: ['1'],
    vlan: 4000,
    reason: 'VlanReserved',
    message: 'VLAN 4000 is reserved on deviceA',
  },
];
for (const { name, devicename, ports, vlan, reason, message } of REFUSED) {
  test(`${name} is refused past the webhooks, too`, async () => {
    await lab.apply('tenant-a', 'refused', [{ devicename, ports, vlan }]);
    const refused = await lab.untilCondition('tenant-a', 'refused', 'Ready', reason);
    assert.equal(conditionOf(refused, 'Accepted')?.message, message);
    assert.equal(await lab.device('devicex'), undefined);
  });
}

test('a deleted request frees its ports at once and waits for the switch, saying for what', async () => {
  await lab.apply('tenant-a', 'leaver', [{ devicename: 'devicea', ports: ['7'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'leaver', 'Accepted', 'Accepted');
  await lab.confirm('devicea');
  await lab.untilCondition('tenant-a', 'leaver', 'Ready', 'Ready');
  await lab.delete('tenant-a', 'leaver');
  await lab.untilDevice('devicea', 'empty', isEmpty);
  await lab.deviceStatus('devicea', { attempted: { epoch: 2, outcome: 'unreachable' } });
  const waiting = await lab.untilRequest(
    'tenant-a',
    'leaver',
    'waiting for devicea',
    (it) => conditionOf(it, 'Ready')?.message === 'Releasing: devicea cannot be reached',
  );
  assert.equal(conditionOf(waiting, 'Ready')?.reason, 'Releasing');
  await lab.apply('tenant-b', 'next', [{ devicename: 'devicea', ports: ['7'], vlan: 20 }]);
  await lab.untilCondition('tenant-b', 'next', 'Accepted', 'Accepted');
  await lab.confirm('devicea');
  await lab.untilRequest('tenant-a', 'leaver', 'gone', (it) => it === undefined);
});

test('S-25 a request whose finalizer was stripped leaves no claim behind', async () => {
  await lab.apply('tenant-a', 'stripped', [{ devicename: 'devicea', ports: ['7'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'stripped', 'Accepted', 'Accepted');
  const [removed] = await Promise.allSettled([
    lab.delete('tenant-a', 'stripped'),
    lab.strip('tenant-a', 'stripped'),
  ]);
  assert.equal(removed?.status, 'fulfilled');
  await lab.strip('tenant-a', 'stripped').catch(() => undefined);
  await lab.untilRequest('tenant-a', 'stripped', 'gone', (it) => it === undefined);
  await lab.untilDevice('devicea', 'empty', isEmpty);
});

test('S-24 a request that is made anew under the same name inherits nothing', async () => {
  const old = await lab.apply('tenant-a', 'again', [{ devicename: 'devicea', ports: ['7-8'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'again', 'Accepted', 'Accepted');
  await lab.delete('tenant-a', 'again');
  await lab.strip('tenant-a', 'again');
  const made = await lab.apply('tenant-a', 'again', [{ devicename: 'devicea', ports: ['8'], vlan: 20 }]);
  assert.notEqual(made.metadata.uid, old.metadata.uid);
  await lab.untilCondition('tenant-a', 'again', 'Accepted', 'Accepted');
  const device = await lab.untilDevice(
    'devicea',
    'without port 7',
    (it) => Object.keys(it?.spec ?? {}).join() === '8',
  );
  assert.equal(device?.spec['8']?.annotations.uid, made.metadata.uid);
  assert.equal(device?.spec['8']?.vlan, 20);
});

test('S-21 requests of the same name in two namespaces have nothing to do with each other', async () => {
  await lab.apply('tenant-a', 'same', [{ devicename: 'devicea', ports: ['1-2'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'same', 'Accepted', 'Accepted');
  await lab.apply('tenant-b', 'same', [{ devicename: 'devicea', ports: ['3'], vlan: 20 }]);
  await lab.untilCondition('tenant-b', 'same', 'Accepted', 'Accepted');
  await lab.apply('tenant-b', 'same', [{ devicename: 'devicea', ports: ['4'], vlan: 20 }]);
  await lab.untilCondition('tenant-b', 'same', 'Accepted', 'Accepted');
  await lab.untilDevice('devicea', 'moved', (it) => Object.keys(it?.spec ?? {}).join() === '1,2,4');
  await lab.delete('tenant-b', 'same');
  const left = await lab.untilDevice(
    'devicea',
    'without tenant-b',
    (it) => Object.keys(it?.spec ?? {}).join() === '1,2',
  );
  assert.deepEqual(owners(left), { 1: 'tenant-a/same', 2: 'tenant-a/same' });
});

test('a namespace that is deleted goes when the switches have confirmed', async () => {
  await lab.namespace('tenant-c');
  for (const [index, name] of ['one', 'two'].entries()) {
    await lab.apply('tenant-c', name, [{ devicename: 'devicea', ports: [20 + index], vlan: 10 }]);
    await lab.untilCondition('tenant-c', name, 'Accepted', 'Accepted');
  }
  await lab.deleteNamespace('tenant-c');
  await lab.untilDevice('devicea', 'empty', isEmpty);
  assert.notEqual(await lab.request('tenant-c', 'one'), undefined, 'it waits');
  await lab.confirm('devicea');
  for (const name of ['one', 'two'])
    await lab.untilRequest('tenant-c', name, 'gone', (it) => it === undefined);
});

test('R13 a device that leaves the inventory keeps its claims, and deletion does not wait for it', async () => {
  await lab.apply('tenant-a', 'frozen', [{ devicename: 'deviceb', ports: ['7'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'frozen', 'Accepted', 'Accepted');
  await lab.inventory(
    HOSTS.split('\n')
      .filter((line) => !line.startsWith('deviceb'))
      .join('\n'),
  );
  const frozen = await lab.untilCondition('tenant-a', 'frozen', 'Ready', 'DeviceRemoved');
  assert.equal(conditionOf(frozen, 'Stalled')?.status, 'True');
  assert.deepEqual(owners(await lab.device('deviceb')), { 7: 'tenant-a/frozen' });
  await lab.delete('tenant-a', 'frozen');
  await lab.untilRequest('tenant-a', 'frozen', 'gone', (it) => it === undefined);
  await lab.untilDevice('deviceb', 'gone', (it) => it === undefined);
  await lab.inventory(HOSTS);
  await lab.untilDevice(
    'deviceb',
    'back and whole',
    (it) => it !== undefined && Object.keys(it.metadata.annotations ?? {}).length === 0,
  );
});

test('many requests on one device at once are all accepted', async () => {
  const names = Array.from({ length: 24 }, (_, index) => `many-${index}`);
  await Promise.all(
    names.map((name, index) =>
      lab.apply(index % 2 === 0 ? 'tenant-a' : 'tenant-b', name, [
        { devicename: 'devicea', ports: [index + 1], vlan: 10 },
        { devicename: 'deviceb', ports: [index + 1], vlan: 10 },
      ]),
    ),
  );
  await Promise.all(
    names.map((name, index) =>
      lab.untilCondition(index % 2 === 0 ? 'tenant-a' : 'tenant-b', name, 'Accepted', 'Accepted'),
    ),
  );
  assert.equal(Object.keys((await lab.device('devicea'))?.spec ?? {}).length, names.length);
});
