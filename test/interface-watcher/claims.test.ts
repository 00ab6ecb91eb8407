import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiServer } from '../support/api-server.ts';
import { conditionOf, owners, startLab } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54", uplinks: "49-54"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-54", uplinks: "49-54"}}}
`;

const lab = await startLab(await apiServer());
await lab.namespace('tenant-a');
await lab.namespace('tenant-b');
await lab.inventory(HOSTS);
await lab.watcher();

test('a request is accepted, programmed, updated to another device, and released', async () => {
  const started = performance.now();
  await lab.apply('tenant-a', 'request-001', [
    { devicename: 'deviceA', ports: ['1-3', 16], vlan: 10, trunk: true },
    { devicename: 'deviceB', ports: ['1'], vlan: 110 },
  ]);
  const accepted = await lab.untilCondition('tenant-a', 'request-001', 'Accepted', 'Accepted');
  console.log('accepted after', performance.now() - started);
  assert.equal(conditionOf(accepted, 'Programmed')?.reason, 'Pushing');
  console.log(JSON.stringify(accepted.status, null, 1));
  console.log(JSON.stringify(await lab.device('devicea'), null, 1));
  await lab.confirm('devicea');
  await lab.confirm('deviceb');
  const ready = await lab.untilCondition('tenant-a', 'request-001', 'Ready', 'Ready');
  assert.equal(ready.status?.programmedGeneration, 1);
  await lab.apply('tenant-a', 'request-001', [{ devicename: 'deviceB', ports: ['1-2'], vlan: 110 }]);
  await lab.untilRequest(
    'tenant-a',
    'request-001',
    'accepted at 2',
    (request) => request?.status?.claim?.accepted?.generation === 2,
  );
  await lab.untilDevice('devicea', 'empty', (device) => Object.keys(device?.spec ?? {}).length === 0);
  await lab.confirm('devicea');
  await lab.confirm('deviceb');
  await lab.untilRequest(
    'tenant-a',
    'request-001',
    'programmed',
    (request) => request?.status?.programmedGeneration === 2,
  );
  assert.deepEqual(owners(await lab.device('deviceb')), {
    1: 'tenant-a/request-001',
    2: 'tenant-a/request-001',
  });
  await lab.delete('tenant-a', 'request-001');
  await lab.untilCondition('tenant-a', 'request-001', 'Ready', 'Releasing');
  await lab.untilDevice('deviceb', 'empty', (device) => Object.keys(device?.spec ?? {}).length === 0);
  await lab.confirm('deviceb');
  await lab.untilRequest('tenant-a', 'request-001', 'gone', (request) => request === undefined);
  lab.expectNoComplaints();
});
