import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createHealth, parseAddress } from './health.ts';
import { createMetrics } from './metrics.ts';

const metrics = createMetrics();
const health = createHealth({ metrics });
after(() => health.close());
const address = await health.listen('127.0.0.1:0');

async function get(path: string, method = 'GET'): Promise<{ code: number; text: string }> {
  const response = await fetch(`http://${address}${path}`, { method });
  return { code: response.status, text: await response.text() };
}

test('a process that runs is healthy, ready or not', async () => {
  health.readyCheck('devices', () => 'not synced');
  assert.deepEqual(await get('/healthz'), { code: 200, text: 'ok\n' });
});

test('readiness names each check and says why one fails', async () => {
  health.readyCheck('devices', () => true);
  health.readyCheck('certificate', () => 'expired at noon');
  const { code, text } = await get('/readyz');
  assert.equal(code, 503);
  assert.match(text, /^\[\+\]devices: ok$/m);
  assert.match(text, /^\[-\]certificate: expired at noon$/m);
});

test('a check that throws or says false is not ready', async () => {
  health.readyCheck('certificate', () => {
    throw new Error('no such file');
  });
  assert.match((await get('/readyz')).text, /\[-\]certificate: no such file/);
  health.readyCheck('certificate', () => false);
  assert.equal((await get('/readyz')).code, 503);
});

test('with every check passed the service is ready', async () => {
  health.readyCheck('certificate', () => true);
  assert.equal((await get('/readyz?verbose')).code, 200);
  assert.deepEqual(health.notReady(), []);
});

test('metrics are served in the text format', async () => {
  metrics.reconcileErrors.inc({ controller: 'x' });
  const { code, text } = await get('/metrics');
  assert.equal(code, 200);
  assert.match(text, /^controller_runtime_reconcile_errors_total\{controller="x"\} 1$/m);
});

test('other paths and methods are refused', async () => {
  assert.equal((await get('/')).code, 404);
  assert.equal((await get('/healthz', 'POST')).code, 405);
});

for (const [text, host, port] of [
  ['127.0.0.1:0', '127.0.0.1', 0],
  ['[::1]:8080', '::1', 8080],
  [':8080', '::', 8080],
  ['localhost:65535', 'localhost', 65_535],
] as const) {
  test(`address ${text} is host ${host}, port ${port}`, () => {
    assert.deepEqual(parseAddress(text), { host, port });
  });
}

for (const text of ['8080', '127.0.0.1', '::1:8080', 'host:65536', 'host:', 'http://host:80', 'host:8o']) {
  test(`address "${text}" is refused, saying what one looks like`, () => {
    assert.throws(() => parseAddress(text), /must be host:port/);
  });
}
