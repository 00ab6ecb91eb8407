/** What a tenant uses, what it may use, and what is told of the difference: to the administrator and to the tenant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { TenantSpec } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../lib/kube/resources.ts';
import { startLab } from '../interface-watcher/lab.ts';
import { apiServer } from '../support/api-server.ts';
import { kubectl } from '../support/kubectl.ts';
import { until } from '../support/until.ts';
import { members, startStage } from './stage.ts';

const plane = await apiServer();
const lab = await startLab(plane);
const stage = await startStage(plane);
await lab.inventory(`
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-54"}}}
`);
await lab.watcher();
await stage.start();
const configMaps = client(stage.connection, CONFIG_MAPS);

const GRANT = { devices: ['deviceA', 'deviceB'], ports: ['1-20'], vlans: ['100-199'], shared: true };
const spec = (change: Partial<TenantSpec> = {}): TenantSpec => ({
  members: members('Editor User ann'),
  grants: [GRANT],
  maxPorts: 8,
  ...change,
});
const service = (devicename: string, ports: string[], vlan = 100) => ({ devicename, ports, vlan });
const usage = (name: string, ports: number, devices: number, requests: number) =>
  until(`${name} uses ${ports} ports, ${devices} devices, ${requests} requests`, async () => {
    const used = (await stage.tenant(name))?.status?.usage;
    return isDeepStrictEqual(used, { ports, devices, requests });
  });
const limits = async (namespace: string) =>
  parse((await stage.limits(namespace))?.data?.['limits.yaml'] ?? '') as {
    maxPorts?: number;
    usage?: { ports: number };
    grants?: object[];
  };

test('ports, switches and requests are counted from the ledgers, for the administrator and for the tenant', async () => {
  await stage.apply('counted', spec());
  await stage.reason('counted', 'Ready', 'Ready');
  await usage('counted', 0, 0, 0);
  await lab.apply('counted', 'one', [service('deviceA', ['1-3']), service('deviceB', ['1'])]);
  await usage('counted', 4, 2, 1);
  // Port 3 twice, in a request of the same tenant: it is held once.
  await lab.apply('counted', 'two', [service('deviceA', ['3-4'])]);
  await usage('counted', 5, 2, 2);
  const { stdout } = await kubectl(plane.kubeconfig, ['get', 'tenant', 'counted', '--no-headers']);
  assert.match(stdout, /^counted +5 +8 +2 +2 +True +Ready +False /);

  await until('the tenant reads it', async () => (await limits('counted')).usage?.ports === 5);
  const ann = await stage.as('ann');
  const { status, body } = await ann('GET', '/api/v1/namespaces/counted/configmaps/naas-limits');
  assert.equal(status, 200);
  const shown = parse(body.data['limits.yaml']) as object;
  assert.deepEqual(shown, {
    maxPorts: 8,
    usage: { ports: 5, devices: 2, requests: 2 },
    grants: [GRANT],
  });
});

test('a limit that is lowered cuts nothing and is told, with how many are too many; raised again, nothing is said', async () => {
  await stage.apply('lowered', spec());
  await stage.reason('lowered', 'Ready', 'Ready');
  await lab.apply('lowered', 'web', [service('deviceA', ['10-14'])]);
  await usage('lowered', 5, 1, 1);
  await stage.apply('lowered', spec({ maxPorts: 3 }));
  const over = await stage.reason('lowered', 'OverLimit', 'PortLimitExceeded');
  assert.equal(over.status, 'True');
  assert.equal(over.message, 'Holds 5 ports, its limit is 3: 2 too many');
  assert.equal((await stage.reason('lowered', 'Ready', 'Ready')).status, 'True');
  assert.equal(
    Object.keys((await lab.device('devicea'))?.spec ?? {}).filter((p) => Number(p) >= 10).length,
    5,
  );
  await stage.apply('lowered', spec({ maxPorts: 5 }));
  assert.equal((await stage.reason('lowered', 'OverLimit', 'WithinLimits')).status, 'False');
});

test('grants that are taken away cut nothing and are told by port and VLAN', async () => {
  await stage.apply('withdrawn', spec());
  await stage.reason('withdrawn', 'Ready', 'Ready');
  await lab.apply('withdrawn', 'web', [service('deviceB', ['15-16'], 150)]);
  await usage('withdrawn', 2, 1, 1);
  await stage.apply('withdrawn', spec({ grants: [{ ...GRANT, ports: ['1-15'], vlans: ['100-149'] }] }));
  const over = await stage.reason('withdrawn', 'OverLimit', 'NotGranted');
  assert.equal(over.message, 'In force, but not granted: VLAN 150 of port 15@deviceb, port 16@deviceb');
  assert.equal((await lab.device('deviceb'))?.spec['16']?.vlan, 150);
  await lab.delete('withdrawn', 'web');
  await stage.reason('withdrawn', 'OverLimit', 'WithinLimits');
});

test('a VLAN that is granted twice is told on both Tenants, as soon as the second comes and until one shares or leaves', async () => {
  const vlans = (list: string, shared = false) => spec({ grants: [{ ...GRANT, vlans: [list], shared }] });
  await stage.apply('left', vlans('300-310'));
  await stage.reason('left', 'OverLimit', 'WithinLimits');
  await stage.apply('right', vlans('305-320'));
  const first = await stage.reason('left', 'OverLimit', 'GrantOverlap');
  assert.match(first.message, /^VLAN 305-310 on devicea,deviceb is granted to right as well/);
  await stage.reason('right', 'OverLimit', 'GrantOverlap');
  // S-56: the tenant's own page names no other tenant.
  assert.doesNotMatch((await stage.limits('left'))?.data?.['limits.yaml'] ?? '', /right/);
  await stage.apply('left', vlans('300-310', true));
  await stage.reason('left', 'OverLimit', 'GrantOverlap');
  await stage.apply('right', vlans('305-320', true));
  await stage.reason('left', 'OverLimit', 'WithinLimits');
  await stage.reason('right', 'OverLimit', 'WithinLimits');
});

test('a grant that cannot be read is named; its Tenant’s members keep their rights', async () => {
  await stage.apply('malformed', spec({ grants: [GRANT, { ...GRANT, ports: ['5-1'] }] }));
  const { message } = await stage.reason('malformed', 'Ready', 'InvalidGrant');
  assert.equal(message, 'spec.grants[1].ports[0]: Range "5-1" runs backwards');
  await stage.reason('malformed', 'Stalled', 'InvalidGrant');
  assert.notEqual(await stage.binding('malformed', 'naas-editors'), undefined);
  await stage.apply('malformed', spec());
  await stage.reason('malformed', 'Ready', 'Ready');
});

test('S-58 limits that somebody writes into a tenant’s namespace count for nothing and are put back', async () => {
  await stage.apply('forged', spec());
  await stage.reason('forged', 'Ready', 'Ready');
  const ref = { namespace: 'forged', name: 'naas-limits' };
  const data = { 'limits.yaml': 'maxPorts: 5000', 'exceptions.yaml': 'all: true' };
  await configMaps.patch(ref, { data }, { type: 'merge' });
  await until('the limits are put back', async () => {
    const stored = (await stage.limits('forged'))?.data;
    return Object.keys(stored ?? {}).length === 1 && (await limits('forged')).maxPorts === 8;
  });
  assert.equal((await stage.tenant('forged'))?.spec.maxPorts, 8);
});

test('a namespace that is deleted waits for the switch that cannot confirm, and the Tenant names it', async () => {
  await stage.apply('offboarded', spec());
  await stage.reason('offboarded', 'Ready', 'Ready');
  await lab.apply('offboarded', 'web', [service('deviceA', ['20']), service('deviceB', ['20'])]);
  await lab.untilCondition('offboarded', 'web', 'Accepted', 'Accepted');
  await lab.confirm('devicea');
  await lab.confirm('deviceb');
  await lab.untilCondition('offboarded', 'web', 'Ready', 'Ready');
  await lab.deviceStatus('deviceb', {
    attempted: { epoch: 2, outcome: 'unreachable', at: new Date().toISOString() },
  });
  await client(stage.connection, NAMESPACES).delete({ name: 'offboarded' });
  await lab.untilDevice('devicea', 'free of the tenant', (device) => device?.spec['20'] === undefined);
  await lab.confirm('devicea');
  const waiting = await until('the Tenant names the switch, and only that', async () => {
    const { message } = await stage.reason('offboarded', 'Ready', 'NamespaceTerminating');
    return message.includes('deviceb') && !message.includes('devicea') ? message : undefined;
  });
  assert.equal(
    waiting,
    'Namespace offboarded is being deleted, and made anew when it is gone: waiting for deviceb (DeviceUnreachable: deviceB cannot be reached)',
  );
  await stage.reason('offboarded', 'Reconciling', 'NamespaceTerminating');
  // Its ports are nobody's at once.
  await usage('offboarded', 0, 0, 1);
  const before = (await stage.namespace('offboarded'))?.metadata.uid;
  await lab.confirm('deviceb');
  await until('the namespace is made anew', async () => {
    const found = await stage.namespace('offboarded');
    return found !== undefined && found.metadata.uid !== before;
  });
  await stage.reason('offboarded', 'Ready', 'Ready');
  await usage('offboarded', 0, 0, 0);
});
