import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { TENANTS } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { conditionOf, startLab } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-54"}}}
`;
const NAMES = ['one', 'two', 'three', 'four'];

const lab = await startLab(await apiServer());
await lab.namespace('tenant-a');
await lab.inventory(HOSTS);
await setLimit(4);
// All are there before it begins: it looks at requests for two switches at the same time.
for (const [index, name] of NAMES.entries()) {
  const devicename = index % 2 === 0 ? 'deviceA' : 'deviceB';
  await lab.apply('tenant-a', name, [
    { devicename, ports: [`${1 + 4 * index}-${4 + 4 * index}`], vlan: 100 },
  ]);
}
await lab.watcher();

async function setLimit(maxPorts: number): Promise<void> {
  const tenants = client(lab.connection, TENANTS);
  const grants = [{ devices: ['deviceA', 'deviceB'], ports: ['*'], vlans: [100] }];
  const body = { metadata: { name: 'tenant-a' }, spec: { grants, maxPorts } };
  const { items } = await tenants.list();
  const [stored] = items;
  if (stored === undefined) await tenants.create(body);
  else await tenants.replace({ ...stored, spec: body.spec });
}

const state = (name: string) => conditionOf(lab.seen('tenant-a', name), 'Accepted');
const accepted = () => NAMES.filter((name) => state(name)?.status === 'True');
const allDecided = () =>
  lab.untilAny('all decided', () =>
    NAMES.every((name) => ['Accepted', 'PortLimitExceeded'].includes(state(name)?.reason ?? '')),
  );

test('the limit counts ports over all switches, also of requests that are looked at at the same time', async () => {
  await allDecided();
  assert.equal(accepted().length, 1);
  const refused = NAMES.filter((name) => !accepted().includes(name));
  for (const name of refused) {
    assert.equal(
      state(name)?.message,
      'tenant-a would hold 8 ports over all devices, its limit is 4: 4 too many',
    );
  }
  lab.expectNoComplaints();
});

test('one that waits is accepted when ports are released on whatever switch, or the limit is raised', async () => {
  const [first = ''] = accepted();
  await lab.delete('tenant-a', first);
  const others = NAMES.filter((name) => name !== first);
  await lab.untilAny('another is accepted', () => others.some((name) => state(name)?.status === 'True'));
  await setLimit(8);
  await lab.untilAny(
    'two are accepted',
    () => others.filter((name) => state(name)?.status === 'True').length === 2,
  );
  lab.expectNoComplaints();
});

test('a limit that is lowered takes nothing away; a change without new ports is no matter of it', async () => {
  await setLimit(1);
  const [kept = ''] = accepted();
  const spec = lab.seen('tenant-a', kept)?.spec.services[0];
  assert.ok(spec);
  const service = { ...spec, ports: [...spec.ports] };
  await lab.apply('tenant-a', kept, [{ ...service, shutdown: false }]);
  await lab.untilCondition('tenant-a', kept, 'Accepted', 'Accepted');
  await lab.apply('tenant-a', kept, [{ ...service, ports: [...spec.ports, 40] }]);
  const words = 'tenant-a would hold 9 ports over all devices, its limit is 1: 8 too many';
  await lab.untilRequest(
    'tenant-a',
    kept,
    'refused by the lower limit',
    (request) => conditionOf(request, 'Accepted')?.message === words,
  );
  assert.equal(lab.seen('tenant-a', kept)?.status?.claim?.accepted?.generation, 2);
  lab.expectNoComplaints();
});
