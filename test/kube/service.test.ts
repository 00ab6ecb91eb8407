// The life of a service as a process: start, health, graceful stop, and every way to end badly.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, afterEach, test } from 'node:test';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { CONFIG_MAPS, LEASES } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';

const controlPlane = await apiServer({ controllerManager: false });
const direct = await connect({ kubeconfig: controlPlane.kubeconfig });
const children = new Set<ChildProcess>();
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await direct.close();
});

const leases = client(direct, LEASES);
const lease = { namespace: PLATFORM_NAMESPACE, name: 'sample' };
// Who ends badly leaves its Lease behind; the next one need not wait for it.
afterEach(() => leases.delete(lease).catch(() => {}));

interface Line {
  level: string;
  msg: string;
  [field: string]: unknown;
}

function run(environment: Record<string, string> = {}) {
  const main = new URL('sample-service.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], KUBECONFIG: controlPlane.kubeconfig, ...environment },
  });
  children.add(child);
  const lines: Line[] = [];
  const waiting: { message: string; resolve(line: Line): void }[] = [];
  const errors: string[] = [];
  child.stderr.on('data', (chunk) => errors.push(String(chunk)));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    for (const wait of waiting) if (wait.message === line.msg) wait.resolve(line);
  });
  const ended = once(child, 'close').then(([code]) => {
    children.delete(child);
    return code as number;
  });
  return {
    child,
    lines,
    errors,
    /** Exit code. */
    ended,
    /** The first log line with this message. */
    said(message: string): Promise<Line> {
      const found = lines.find(({ msg }) => msg === message);
      if (found) return Promise.resolve(found);
      const missing = ended.then(() => assert.fail(`ended without saying "${message}": ${errors.join('')}`));
      return Promise.race([new Promise<Line>((resolve) => waiting.push({ message, resolve })), missing]);
    },
  };
}

test('a service says where it listens, is ready once synced, and stops in order with code 0', async () => {
  await client(direct, CONFIG_MAPS).create({ metadata: { namespace: PLATFORM_NAMESPACE, name: 'work' } });
  const service = run();
  const { address } = await service.said('Started health endpoints');
  await service.said('Started service');
  const ready = await fetch(`http://${String(address)}/readyz`);
  assert.equal(ready.status, 200);
  assert.match(await ready.text(), /\[\+\]configmaps: ok\n\[\+\]|\[\+\]started: ok\n\[\+\]configmaps: ok/);
  const metrics = await (await fetch(`http://${String(address)}/metrics`)).text();
  assert.match(metrics, /^leader_election_master_status\{name="sample"\} 1$/m);
  assert.match(metrics, /^process_resident_memory_bytes \d/m);
  await service.said('Reconcile began');
  service.child.kill('SIGTERM');
  assert.equal(await service.ended, 0);
  const messages = service.lines.map(({ msg }) => msg);
  const order = [
    'Stopping service',
    'Reconcile ended',
    'Service stopped itself',
    'Released the Lease',
    'Stopped service',
  ];
  assert.deepEqual(
    messages.filter((message) => order.includes(message)),
    order,
  );
  const { spec } = await leases.get(lease);
  assert.equal(spec?.holderIdentity, '');
  assert.ok(service.lines.every(({ service: name }) => name === 'sample'));
});

test('a second signal ends a stop that hangs, at once', async () => {
  const service = run({ SAMPLE: 'slow-stop' });
  await service.said('Started service');
  service.child.kill('SIGTERM');
  await service.said('Stopping service');
  service.child.kill('SIGINT');
  assert.equal(await service.ended, 1);
});

test('a promise that nobody caught ends the process with code 1 and says why', async () => {
  const service = run({ SAMPLE: 'bad-promise' });
  const { reason, stack } = await service.said('Service failed');
  assert.equal(reason, 'nobody caught this');
  assert.match(String(stack), /sample-service\.ts/);
  assert.equal(await service.ended, 1);
});

test('a start that fails ends the process with code 1 and says why', async () => {
  const service = run({ SAMPLE: 'bad-start' });
  assert.equal((await service.said('Service failed'))['reason'], 'cannot start');
  assert.equal(await service.ended, 1);
});

test('a stop while the start still waits, for instance for the lead, is graceful', async () => {
  const now = `${new Date().toISOString().slice(0, -1)}000Z`;
  const spec = { holderIdentity: 'other', leaseDurationSeconds: 600, renewTime: now };
  await leases.create({ metadata: lease, spec });
  const service = run();
  const { address } = await service.said('Started health endpoints');
  const ready = await fetch(`http://${String(address)}/readyz`);
  assert.equal(ready.status, 503);
  service.child.kill('SIGTERM');
  assert.equal(await service.ended, 0);
  assert.equal((await leases.get(lease)).spec?.holderIdentity, 'other');
});

test('a lost lead ends the process with code 1', async () => {
  const service = run();
  await service.said('Started service');
  await leases.patch(lease, { spec: { holderIdentity: 'thief' } }, { type: 'merge' });
  assert.equal((await service.said('Service failed'))['reason'], 'held by thief');
  assert.equal(await service.ended, 1);
});

for (const [name, value, message] of [
  ['NAAS_LOG_LEVEL', 'loud', /NAAS_LOG_LEVEL is "loud"; it must be one of/],
  ['NAAS_HTTP_ADDRESS', '8080', /"8080" must be host:port/],
  ['KUBECONFIG', '/no/such/file', /no such file/],
] as const) {
  test(`${name}=${value} is refused, saying what is wrong`, async () => {
    const service = run({ [name]: value });
    assert.equal(await service.ended, 1);
    const said = service.lines.map(({ reason }) => String(reason)).join('') + service.errors.join('');
    assert.match(said, message);
  });
}
