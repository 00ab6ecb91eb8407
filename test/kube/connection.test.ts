// Calls to a real API server, behind a proxy that loses, delays and refuses them.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { parse } from 'yaml';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { ApiError, ConnectionError, isAlreadyExists, isConflict, isNotFound } from '../../lib/kube/errors.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { CONFIG_MAPS, INTERFACES, SELF_SUBJECT_REVIEWS, SERVICE_ACCOUNTS } from '../../lib/kube/resources.ts';
import type { ConfigMap, TokenRequest } from '../../lib/kube/resources.ts';
import { writeStatus } from '../../lib/kube/status-writer.ts';
import { apiServer } from '../support/api-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { SeenRequest } from '../support/fault-proxy.ts';
import { virtualClock } from './virtual-clock.ts';

const namespace = 'default';
const controlPlane = await apiServer({ controllerManager: false });
const proxy = await startFaultProxy({ kubeconfig: controlPlane.kubeconfig });
const metrics = createMetrics();
const through = await connect({ kubeconfig: proxy.kubeconfig, userAgent: 'test', metrics });
const configMaps = client(through, CONFIG_MAPS);
const directory = await mkdtemp(path.join(tmpdir(), 'naas-connection-'));
let names = 0;

after(async () => {
  await through.close();
  await proxy.stop();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => proxy.clearFaults());

const fresh = () => ({ namespace, name: `c-${++names}` });
const isWrite = ({ method }: SeenRequest) => method !== 'GET';
const isRead = ({ method }: SeenRequest) => method === 'GET';

/** Requests that `action` makes, and what it threw. */
async function asked(action: () => Promise<unknown>): Promise<{ requests: SeenRequest[]; error: unknown }> {
  const since = proxy.requests.length;
  let error: unknown;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  return { requests: proxy.requests.slice(since), error };
}

test('300 calls in a row use at most two connections, 300 at once at most 16', async () => {
  const before = proxy.connections;
  for (let call = 0; call < 300; call++) await configMaps.list({ namespace });
  assert.ok(proxy.connections - before <= 2, `${proxy.connections - before} new connections`);
  await Promise.all(Array.from({ length: 300 }, () => configMaps.list({ namespace })));
  assert.ok(proxy.connections - before <= 26, `${proxy.connections - before} new connections`);
});

test('an object is made, read, changed, replaced on condition, and deleted on condition', async () => {
  const ref = fresh();
  const made = await configMaps.create({ metadata: ref, data: { a: '1' } });
  assert.deepEqual((await configMaps.get(ref)).data, { a: '1' });
  await configMaps.patch(ref, { data: { b: '2' } }, { type: 'merge' });
  await configMaps.patch(ref, [{ op: 'add', path: '/data/c', value: '3' }], { type: 'json' });
  await configMaps.patch(ref, { data: { d: '4' } }, { type: 'strategic' });
  const applied = await configMaps.patch(ref, { data: { e: '5' } }, { type: 'apply', fieldManager: 'me' });
  assert.deepEqual(applied.data, { a: '1', b: '2', c: '3', d: '4', e: '5' });
  await assert.rejects(
    configMaps.replace({ ...made, data: {} }),
    (error) => isConflict(error) && !isAlreadyExists(error),
  );
  await configMaps.replace({ ...applied, data: { f: '6' } });
  await assert.rejects(
    configMaps.create({ metadata: ref }),
    (error) => isAlreadyExists(error) && !isConflict(error),
  );
  await assert.rejects(configMaps.delete(ref, { uid: 'another' }), isConflict);
  await configMaps.delete(ref, { uid: made.metadata.uid ?? '' });
  await assert.rejects(configMaps.get(ref), isNotFound);
});

test('a dry run changes nothing', async () => {
  const ref = fresh();
  await configMaps.create({ metadata: ref }, { dryRun: true });
  await assert.rejects(configMaps.get(ref), isNotFound);
});

test('a replace without resourceVersion is refused before anything is sent (R1)', async () => {
  const object: ConfigMap = { metadata: fresh() };
  const { requests, error } = await asked(async () => configMaps.replace(object));
  assert.match(String(error), /needs metadata.resourceVersion/);
  assert.equal(requests.length, 0);
});

test('a status is written only if it is new, and only over the object it was made from', async () => {
  const interfaces = client(through, INTERFACES);
  const services = [{ devicename: 'devicea', ports: ['1'], vlan: 10 }];
  const made = await interfaces.create({ metadata: fresh(), spec: { services } });
  const written = await writeStatus(interfaces, made, { conditions: [condition('True')] });
  assert.notEqual(written.metadata.resourceVersion, made.metadata.resourceVersion);
  const { requests } = await asked(() =>
    writeStatus(interfaces, written, { conditions: [condition('True')] }),
  );
  assert.equal(requests.length, 0);
  await assert.rejects(writeStatus(interfaces, made, { conditions: [condition('False')] }), isConflict);
});

function condition(status: 'True' | 'False') {
  return { type: 'Ready', status, reason: 'Test', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

test('a read answered 429 is tried again after Retry-After', async () => {
  proxy.fault({ match: isRead, status: 429, retryAfter: 0, times: 2 });
  const { requests, error } = await asked(() => configMaps.list({ namespace }));
  assert.equal(error, undefined);
  assert.deepEqual(
    requests.map(({ status }) => status),
    [429, 429, 200],
  );
});

test('a read answered 429 for ever is not tried for ever', async () => {
  proxy.fault({ match: isRead, status: 429, retryAfter: 0 });
  const { requests, error } = await asked(() => configMaps.list({ namespace }));
  assert.ok(error instanceof ApiError && error.code === 429);
  assert.equal(requests.length, 5);
});

for (const [what, fault, code] of [
  ['429', { status: 429, retryAfter: 7 }, 429],
  ['500', { status: 500 }, 500],
  ['503', { status: 503 }, 503],
  ['401', { status: 401 }, 401],
] as const) {
  test(`a write answered ${what} is never repeated: the caller decides`, async () => {
    proxy.fault({ match: isWrite, ...fault });
    const { requests, error } = await asked(() => configMaps.create({ metadata: fresh() }));
    assert.equal(requests.length, 1);
    assert.ok(error instanceof ApiError && error.code === code, String(error));
    if (code === 429) assert.equal(error.retryAfterSeconds, 7);
  });
}

for (const drop of ['before', 'after'] as const) {
  test(`a write whose connection breaks ${drop} the server did it is never repeated`, async () => {
    const ref = fresh();
    proxy.fault({ match: isWrite, drop });
    const { requests, error } = await asked(() => configMaps.create({ metadata: ref }));
    assert.equal(requests.length, 1);
    assert.ok(error instanceof ConnectionError, String(error));
    const there = configMaps.get(ref);
    if (drop === 'after') await there;
    else await assert.rejects(there, isNotFound);
  });
}

test('a read whose connection breaks is repeated once', async () => {
  proxy.fault({ match: isRead, drop: 'after', times: 1 });
  assert.equal((await asked(() => configMaps.list({ namespace }))).error, undefined);
  proxy.fault({ match: isRead, drop: 'after' });
  const { requests, error } = await asked(() => configMaps.list({ namespace }));
  assert.ok(error instanceof ConnectionError);
  assert.equal(requests.length, 2);
});

for (const hang of ['before', 'after'] as const) {
  test(`a call that gets no answer (${hang} the server did it) ends with its timeout`, async () => {
    proxy.fault({ hang });
    const started = performance.now();
    const { requests, error } = await asked(() =>
      client(through, CONFIG_MAPS, { timeoutMs: 200 }).create({ metadata: fresh() }),
    );
    assert.ok(error instanceof ConnectionError && error.code === 'Timeout', String(error));
    assert.ok(performance.now() - started < 2000);
    assert.equal(requests.length, 1);
  });
}

test('a call ends at once when its signal aborts, with the signal’s reason', async () => {
  proxy.fault({ delayMs: 5000 });
  const abort = new AbortController();
  const call = configMaps.list({ namespace, signal: abort.signal });
  abort.abort(new Error('changed my mind'));
  await assert.rejects(call, /changed my mind/);
  await assert.rejects(configMaps.list({ namespace, signal: abort.signal }), /changed my mind/);
});

test('an error says what was asked and what the server said, also when it is no Status', async () => {
  await assert.rejects(configMaps.get({ namespace, name: 'none' }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.reason, 'NotFound');
    assert.match(
      error.message,
      /^GET \/api\/v1\/namespaces\/default\/configmaps\/none: configmaps "none" not found$/,
    );
    return true;
  });
  await assert.rejects(through.request({ method: 'GET', path: '/no/such/path' }), (error) => {
    assert.ok(error instanceof ApiError && error.code === 404);
    return true;
  });
});

test('a server that is not there is named in the error', async () => {
  const target = {
    cluster: { name: 'c', server: 'http://127.0.0.1:1', skipTLSVerify: false },
    user: { name: 'u' },
  };
  const nowhere = await connect({ target });
  await assert.rejects(client(nowhere, CONFIG_MAPS).list(), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.code, 'ECONNREFUSED');
    assert.match(error.message, /127\.0\.0\.1:1/);
    return true;
  });
  await nowhere.close();
});

test('the service is known to the server by its user agent', async () => {
  const made = await configMaps.create({ metadata: fresh(), data: { a: '1' } });
  const [manager] = made.metadata.managedFields as { manager: string }[];
  assert.equal(manager?.manager, 'naas-test');
});

test('calls are counted by status, with their duration', async () => {
  await asked(() => configMaps.get({ namespace, name: 'none' }));
  const text = await metrics.text();
  assert.match(text, /^rest_client_requests_total\{code="404",method="GET",host="127.0.0.1:\d+"\} [1-9]/m);
  assert.match(
    text,
    /^rest_client_requests_total\{code="<error>",method="POST",host="127.0.0.1:\d+"\} [1-9]/m,
  );
  assert.match(text, /^rest_client_request_duration_seconds_count\{verb="GET",host="127.0.0.1:\d+"\} [1-9]/m);
});

test('a token of a service account, read from a file, says who we are, and a renewed one is used', async () => {
  const admin = await connect({ kubeconfig: controlPlane.kubeconfig });
  after(() => admin.close());
  const accounts = client(admin, SERVICE_ACCOUNTS);
  const tokenFile = path.join(directory, 'token');
  async function writeToken(name: string): Promise<void> {
    await accounts.create({ metadata: { namespace, name } });
    const body: TokenRequest = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const made = await accounts.createSubresource<TokenRequest>({ namespace, name }, 'token', body);
    await writeFile(tokenFile, made.status?.token ?? '');
  }
  const caFile = path.join(directory, 'ca.pem');
  await writeFile(caFile, controlPlane.caPem);
  const clock = virtualClock();
  const connection = await connect({
    clock,
    target: {
      cluster: { name: 'c', server: controlPlane.server, caFile, skipTLSVerify: false },
      user: { name: 'u', tokenFile },
    },
  });
  const whoAmI = async () =>
    (await client(connection, SELF_SUBJECT_REVIEWS).create({})).status?.userInfo?.username;
  await writeToken('first');
  assert.equal(await whoAmI(), 'system:serviceaccount:default:first');
  await writeToken('second');
  assert.equal(await whoAmI(), 'system:serviceaccount:default:first', 'from memory');
  await clock.advance(60_000);
  assert.equal(await whoAmI(), 'system:serviceaccount:default:second');
  await connection.close();
});

test('a renewed client certificate makes a new connection, the same one does not', async () => {
  const file = path.join(directory, 'kubeconfig');
  const certificate = path.join(directory, 'client.pem');
  const key = path.join(directory, 'client-key.pem');
  async function become(name: string): Promise<void> {
    const text = await readFile(await controlPlane.kubeconfigFor({ name }), 'utf8');
    const config = parse(text) as { users: { name: string; user: Record<string, string> }[] };
    const [user] = config.users;
    assert.ok(user);
    await writeFile(certificate, Buffer.from(user.user['client-certificate-data'] ?? '', 'base64'));
    await writeFile(key, Buffer.from(user.user['client-key-data'] ?? '', 'base64'));
    user.user = { 'client-certificate': 'client.pem', 'client-key': 'client-key.pem' };
    await writeFile(file, JSON.stringify(config));
  }
  const clock = virtualClock();
  await become('one');
  const connection = await connect({ kubeconfig: file, clock });
  const whoAmI = async () =>
    (await client(connection, SELF_SUBJECT_REVIEWS).create({})).status?.userInfo?.username;
  assert.equal(await whoAmI(), 'one');
  await become('two');
  assert.equal(await whoAmI(), 'one', 'from memory, over the connection that is open');
  await clock.advance(60_000);
  assert.equal(await whoAmI(), 'two');
  await connection.close();
});

test('a closed connection fails what is running and what comes after', async () => {
  const connection = await connect({ kubeconfig: proxy.kubeconfig });
  proxy.fault({ hang: 'before' });
  const running = assert.rejects(client(connection, CONFIG_MAPS).list(), {
    name: 'ConnectionError',
    code: 'Closed',
  });
  await connection.close();
  await running;
  await assert.rejects(client(connection, CONFIG_MAPS).list(), { name: 'ConnectionError', code: 'Closed' });
});
