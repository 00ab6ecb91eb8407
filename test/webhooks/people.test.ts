/** A name that passes to another person is told, by real webhooks on a real API server. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { silentLog } from '../../lib/kube/log.ts';
import { until } from '../support/until.ts';
import { CATALOG, platform } from './platform.ts';

const ANN = 'oidc:ann@tenant-a.example';
const naas = await platform();
await naas.setConfigMap('catalog', { 'catalog.json': CATALOG });

/** Webhooks, and what they told. */
async function replica() {
  const metrics = createMetrics();
  const told: unknown[] = [];
  const log = Object.assign(Object.create(silentLog), { warn: (fields: unknown) => void told.push(fields) });
  const webhooks = await naas.start({ metrics, log });
  const counted = async () =>
    (await metrics.registry.getSingleMetric('naas_webhook_reassigned_names_total')?.get())?.values[0]?.value;
  return { webhooks, told, counted };
}

/** Asks as a name and the person behind it; the ports are those of the running number. */
let asked = 0;
async function ask(name: string, uid: string, ...flags: string[]): Promise<void> {
  asked += 1;
  const request = {
    apiVersion: 'network.as.a.service/v1',
    kind: 'Interface',
    metadata: { name: `request-${asked}`, namespace: 'tenant-a' },
    spec: { services: [{ devicename: 'deviceA', ports: [asked], vlan: 10 }] },
  };
  const person = [`--as=${name}`, '--as-group=system:masters', ...(uid === '' ? [] : [`--as-uid=${uid}`])];
  const { code, stderr } = await naas.as('admin', ['create', '-f', '-', ...person, ...flags], request);
  assert.equal(code, 0, stderr);
}

const stored = async () => {
  const { body } = await naas.admin('GET', '/api/v1/namespaces/naas-system/secrets/people');
  return Buffer.from((body as { data?: { people?: string } }).data?.people ?? '', 'base64').toString();
};
const remembered = (lines: number) =>
  until(`${lines} people`, async () => (await stored()).split('\n').length === lines + 1);

describe('S-77 a name that another person uses', () => {
  test('is told once per change, and not before somebody else had it', async () => {
    const { webhooks, told, counted } = await replica();
    await ask(ANN, 'sub-1');
    await ask(ANN, 'sub-1');
    await ask('oidc:Ann@tenant-a.example', 'sub-9');
    await remembered(2);
    assert.deepEqual([told, await counted()], [[], 0]);

    await ask(ANN, 'sub-2');
    assert.deepEqual(told, [{ user: ANN, userUid: 'sub-2', dryRun: false }]);
    await ask(ANN, 'sub-2');
    assert.equal(await counted(), 1);
    await webhooks.stop();
  });

  test('is told by a replica that started later', async () => {
    const { webhooks, told } = await replica();
    await ask(ANN, 'sub-2');
    assert.deepEqual(told, []);
    await ask(ANN, 'sub-1');
    assert.deepEqual(told, [{ user: ANN, userUid: 'sub-1', dryRun: false }]);
    await webhooks.stop();
  });

  test('is told, but not remembered, in a dry run', async () => {
    const { webhooks, told } = await replica();
    const before = await stored();
    await ask(ANN, 'sub-3', '--dry-run=server');
    await ask('oidc:new@tenant-a.example', 'sub-4', '--dry-run=server');
    assert.deepEqual(told, [{ user: ANN, userUid: 'sub-3', dryRun: true }]);
    // What is written comes after: the next name is remembered, those of the dry runs are not.
    await ask('oidc:bob@tenant-a.example', 'sub-5');
    await remembered(3);
    assert.ok((await stored()).startsWith(before));
    await webhooks.stop();
  });

  test('nobody is remembered who has no uid, or is an account of the cluster', async () => {
    const { webhooks } = await replica();
    const before = await stored();
    await ask('somebody', '');
    await ask('system:serviceaccount:tenant-a:builder', 'uid-1');
    await ask('oidc:carol@tenant-a.example', 'sub-6');
    await remembered(4);
    assert.ok((await stored()).startsWith(before));
    await webhooks.stop();
  });
});
