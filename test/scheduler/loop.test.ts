import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiServer } from '../support/api-server.ts';
import { hosts, ledger, startLoop } from './loop.ts';

const plane = await apiServer();
const loop = await startLoop(plane);
await loop.setInventory(hosts('devicea', 'deviceb'));
await loop.startAgent();
await loop.startScheduler();

test('from the ledger to a confirmed status: model, Secret, Job, Pod, process', async () => {
  await loop.create('devicea', ledger(['1', '2']));
  const device = await loop.applied('devicea');
  assert.equal(device.status?.attempted?.outcome, 'applied');
  const judged = await loop.condition('devicea', 'Ready', 'True Ready');
  assert.deepEqual(judged.status?.summary, { ports: '2/16', tenants: 1 });
  assert.equal(judged.status?.observedGeneration, 1);
});
