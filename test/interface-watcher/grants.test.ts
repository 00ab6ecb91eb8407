import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { TenantSpec } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import { isAlreadyExists } from '../../lib/kube/errors.ts';
import { TENANTS } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { conditionOf, owners, startLab } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54", uplinks: "49-54", reservedVlans: "4000"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-54", uplinks: "49-54"}}}
`;
const GRANTS: TenantSpec = {
  grants: [{ devices: ['deviceA', 'deviceB'], ports: ['1-20', 49], vlans: ['100-199', 4000] }],
};

const lab = await startLab(await apiServer());
for (const namespace of ['tenant-a', 'tenant-b', 'stray']) await lab.namespace(namespace);
await lab.inventory(HOSTS);
const tenants = client(lab.connection, TENANTS);
await setTenant('tenant-a', GRANTS);
// No webhook stands before this API server: whatever is stored, the ledger is kept.
const { untilEvent } = await lab.watcher({ requireTenant: true });

afterEach(() => lab.clear());

async function setTenant(name: string, spec: TenantSpec): Promise<void> {
  try {
    await tenants.create({ metadata: { name }, spec });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const stored = await tenants.get({ name });
    await tenants.replace({ ...stored, spec });
  }
}

const on = (devicename: string, ports: (string | number)[], vlan = 100, more: object = {}) => ({
  ...{ devicename, ports, vlan },
  ...more,
});
const acceptedMessage = (request: Parameters<typeof conditionOf>[0]) =>
  conditionOf(request, 'Accepted')?.message;

/** Fulfilled when the request is refused with this id. @returns the words */
async function untilRefused(name: string, reason: string, namespace = 'tenant-a'): Promise<string> {
  const request = await lab.untilCondition(namespace, name, 'Accepted', reason);
  return acceptedMessage(request) ?? '';
}

test('S-17 S-18 what is not granted is refused with its id, ports together, and accepted once it is granted', async () => {
  await lab.apply('tenant-a', 'app', [
    on('deviceA', ['1-3'], 20),
    on('deviceA', [30]),
    on('deviceB', ['4-5'], 100, { trunk: true }),
    on('deviceB', [6], 200),
  ]);
  const words = await untilRefused('app', 'PortNotPermitted');
  for (const said of [
    'VLAN 20 is not granted to tenant-a on deviceA; granted are 100-199,4000 (ports 1-3)',
    'Port 30@deviceA is not granted to tenant-a; granted are 1-20,49',
    'Ports 4-5@deviceB are granted to tenant-a for access only, not as a trunk; no trunk is granted on deviceB',
    'VLAN 200 is not granted to tenant-a on deviceB; granted are 100-199,4000',
  ]) {
    assert.ok(words.includes(said), words);
  }
  assert.deepEqual(owners(await lab.device('devicea')), {});
  await setTenant('tenant-a', {
    grants: [{ devices: [], groups: ['global'], ports: ['*'], vlans: ['1-4094'], trunk: true }],
  });
  await lab.untilCondition('tenant-a', 'app', 'Accepted', 'Accepted');
  await setTenant('tenant-a', GRANTS);
});

test('uplinks and reserved VLANs are refused even when granted', async () => {
  await lab.apply('tenant-a', 'greedy', [on('deviceA', [49]), on('deviceA', [1], 4000)]);
  const words = await untilRefused('greedy', 'PortNotDelegable');
  assert.match(words, /Port 49@deviceA is an uplink/);
  assert.match(words, /VLAN 4000 is reserved on deviceA/);
});

test('a grant that is taken away cuts nothing: the request shows it, and may not add to it', async () => {
  await lab.apply('tenant-a', 'kept', [on('deviceA', ['1-3']), on('deviceB', [4], 110)]);
  await lab.untilCondition('tenant-a', 'kept', 'Accepted', 'Accepted');
  await lab.confirm('devicea');
  await lab.confirm('deviceb');
  const ready = await lab.untilCondition('tenant-a', 'kept', 'Ready', 'Ready');
  assert.equal(conditionOf(ready, 'OverLimit'), undefined);

  await setTenant('tenant-a', {
    grants: [{ devices: ['deviceA', 'deviceB'], ports: ['2-20'], vlans: [100] }],
  });
  const over = await lab.untilCondition('tenant-a', 'kept', 'OverLimit', 'NotGranted');
  assert.equal(conditionOf(over, 'OverLimit')?.status, 'True');
  assert.equal(
    conditionOf(over, 'OverLimit')?.message,
    'In force as before, but not granted any more: port 1@devicea, VLAN 110 of port 4@deviceb',
  );
  assert.equal(conditionOf(over, 'Ready')?.status, 'True');
  const event = await untilEvent(over.metadata.uid, 'NotGranted');
  assert.equal(event.type, 'Warning');
  assert.deepEqual(Object.keys((await lab.device('devicea'))?.spec ?? {}), ['1', '2', '3']);

  // More of what is not granted: refused, and the old generation stays in force with all its ports.
  await lab.apply('tenant-a', 'kept', [on('deviceA', ['1-3']), on('deviceB', [4, 5], 110)]);
  const words = await untilRefused('kept', 'VlanNotPermitted');
  assert.equal(words, 'VLAN 110 is not granted to tenant-a on deviceB; granted are 100');
  assert.deepEqual(Object.keys((await lab.device('deviceb'))?.spec ?? {}), ['4']);
  const still = await lab.untilCondition('tenant-a', 'kept', 'OverLimit', 'NotGranted');
  assert.match(conditionOf(still, 'OverLimit')?.message ?? '', /port 1@devicea, VLAN 110 of port 4@deviceb$/);

  // Less of it, or the same in another way: accepted.
  await lab.apply('tenant-a', 'kept', [
    on('deviceA', ['1-2'], 100, { shutdown: false }),
    on('deviceB', [4], 110),
  ]);
  await lab.untilCondition('tenant-a', 'kept', 'Accepted', 'Accepted');
  await setTenant('tenant-a', GRANTS);
  const granted = await lab.untilRequest(
    'tenant-a',
    'kept',
    'without OverLimit',
    (request) => request !== undefined && conditionOf(request, 'OverLimit') === undefined,
  );
  assert.equal(conditionOf(granted, 'Accepted')?.status, 'True');
});

test('S-35 a namespace without Tenant gets nothing, and is not told who holds a port', async () => {
  await lab.apply('tenant-a', 'holder', [on('deviceA', [1])]);
  await lab.untilCondition('tenant-a', 'holder', 'Accepted', 'Accepted');
  await lab.apply('stray', 'stray', [on('deviceA', [1])]);
  assert.equal(
    await untilRefused('stray', 'TenantRequired', 'stray'),
    'Namespace stray belongs to no tenant',
  );
});

test('S-57 who may not have a port is not told who holds it', async () => {
  await setTenant('tenant-b', { grants: [{ devices: ['deviceA'], ports: [2], vlans: [300] }] });
  await lab.apply('tenant-a', 'holder', [on('deviceA', [1])]);
  await lab.untilCondition('tenant-a', 'holder', 'Accepted', 'Accepted');
  await lab.apply('tenant-b', 'curious', [on('deviceA', [1, 3], 300)]);
  const words = await untilRefused('curious', 'PortNotPermitted', 'tenant-b');
  assert.equal(words, 'Ports 1,3@deviceA are not granted to tenant-b; granted are 2');
});

test('a Tenant that goes leaves what is in force, and nothing is added', async () => {
  await lab.apply('tenant-b', 'kept', [on('deviceA', [2], 300)]);
  await lab.untilCondition('tenant-b', 'kept', 'Accepted', 'Accepted');
  await tenants.delete({ name: 'tenant-b' });
  const over = await lab.untilCondition('tenant-b', 'kept', 'OverLimit', 'NotGranted');
  assert.equal(
    conditionOf(over, 'OverLimit')?.message,
    'In force as before, but nothing is granted: Namespace tenant-b belongs to no tenant',
  );
  assert.equal(conditionOf(over, 'Accepted')?.status, 'True');
  await lab.apply('tenant-b', 'more', [on('deviceA', [4], 300)]);
  await untilRefused('more', 'TenantRequired', 'tenant-b');
});

test('a VLAN that is granted to a second tenant is shown to both, and not cut', async () => {
  await lab.apply('tenant-a', 'first', [on('deviceA', [1], 150)]);
  await lab.untilCondition('tenant-a', 'first', 'Accepted', 'Accepted');
  await setTenant('tenant-b', {
    grants: [{ devices: ['deviceA'], ports: [30], vlans: [150], shared: true }],
  });
  const over = await lab.untilCondition('tenant-a', 'first', 'OverLimit', 'NotGranted');
  assert.match(conditionOf(over, 'OverLimit')?.message ?? '', /VLAN 150 of port 1@devicea$/);
  await lab.apply('tenant-b', 'second', [on('deviceA', [30], 150)]);
  const words = await untilRefused('second', 'VlanNotPermitted', 'tenant-b');
  assert.equal(words, 'VLAN 150 is granted to another tenant on deviceA as well and not shared by both');
  await setTenant('tenant-a', { grants: GRANTS.grants?.map((grant) => ({ ...grant, shared: true })) ?? [] });
  await lab.untilCondition('tenant-b', 'second', 'Accepted', 'Accepted');
  await lab.untilRequest(
    'tenant-a',
    'first',
    'without OverLimit',
    (it) => conditionOf(it, 'OverLimit') === undefined,
  );
});
