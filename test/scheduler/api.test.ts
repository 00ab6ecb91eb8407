import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { after, before, beforeEach, test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { SERVICE_ACCOUNTS, type TokenRequest } from '../../lib/kube/resources.ts';
import { apply } from '../../tools/controlplane/apply.ts';
import { apiAuthority, AUDIENCE } from '../../services/scheduler/api/caller.ts';
import { makeAuthority, makeLeaf } from '../../lib/certificates/authority.ts';
import { publishEndpoint } from '../../services/scheduler/api/endpoint.ts';
import { apiServer, type ApiServer } from '../../services/scheduler/api/server.ts';
import { ALL, askStore } from '../../services/scheduler/ask.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import type { Inventory } from '../../lib/inventory/device.ts';
import { hosts, ledger, namespace, startLoop } from './loop.ts';
import { until } from '../support/until.ts';

const loop = await startLoop();
const bootToken = randomBytes(32).toString('hex');
const bootHash = createHash('sha256').update(bootToken).digest('hex');
const inventoryText = hosts('devicea', 'deviceb', 'devicec', 'paused:pause').replace(
  /(deviceb:[^]*?adopt: true)/,
  `$1\n      bootToken: "${bootHash}"`,
);
await loop.setInventory(inventoryText);
await loop.startAgent();
let scheduler = await loop.startScheduler();
for (const name of ['devicea', 'deviceb', 'devicec']) await loop.create(name, ledger(['1']));

let inventory: Inventory | undefined = parseInventory({ hosts: inventoryText });
const logged: string[] = [];
let failing = false;
let later = 0;
// Each test begins with a full measure of calls; what a boot token is good for stays used.
beforeEach(() => (later += 30_000));
let server: ApiServer;
let port = 0;
const validity = { from: Date.now() - 3_600_000, to: Date.now() + 86_400_000 };
const authority = await makeAuthority(validity);
const certificate = await makeLeaf(authority, ['127.0.0.1', 'localhost'], validity);

before(async () => {
  const connection = await loop.connectAs('scheduler');
  const asks = askStore(connection, namespace);
  let ids = 0;
  server = apiServer({
    certificate,
    inventory: () => inventory,
    authority: apiAuthority(connection, namespace),
    async ask(devices, step) {
      if (failing) throw new Error('secret reason at /home/someone/file.ts:1:1');
      const all = devices === 'all';
      const ask = { id: `ask-${(ids += 1)}`, at: Date.now(), step };
      const { added, waiting } = await asks.add(all ? [ALL] : devices, ask, () => false);
      return { devices: added, waiting };
    },
    log: {
      ...loop.log,
      error: (fields, message) => void logged.push(`${message} ${JSON.stringify(fields)}`),
    },
    now: () => performance.now() + later,
  });
  const address = await server.listen('127.0.0.1', 0);
  port = address.port;
  await publishEndpoint(connection, namespace, {
    ca: authority.cert,
    url: `https://127.0.0.1:${port}`,
  });
});
after(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: {
    error?: string;
    message?: string;
    devices?: string[];
    waiting?: string[];
    paused?: string[];
    step?: unknown;
  };
  readonly text: string;
}

function call(
  body: unknown,
  options: {
    token?: string | undefined;
    method?: string;
    path?: string;
    type?: string;
    raw?: string | Buffer;
  } = {},
): Promise<Answer> {
  const { token, method = 'POST', path = '/configure', type = 'application/json', raw } = options;
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': type,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, ca: authority.cert, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const parsed = text === '' ? {} : (JSON.parse(text) as Answer['body']);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed, text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(raw ?? (body === undefined ? undefined : JSON.stringify(body)));
  });
}

async function token(account: string, audiences?: string[]): Promise<string> {
  const review = await client(loop.admin, SERVICE_ACCOUNTS).createSubresource<TokenRequest>(
    { namespace, name: account },
    'token',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600, ...(audiences === undefined ? {} : { audiences }) },
    },
  );
  return review.status?.token ?? '';
}

await apply(loop.admin, [
  ...['cron', 'cron-2', 'nobody'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  })),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'cron-may-configure', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'configure-devices' },
    subjects: ['cron', 'cron-2'].map((name) => ({ kind: 'ServiceAccount', name, namespace })),
  } as { apiVersion: string; kind: string; metadata: { name: string; namespace: string } },
]);
const cron = await token('cron');
const cronAudience = await token('cron-2', [AUDIENCE]);
for (const name of ['devicea', 'deviceb', 'devicec']) await loop.applied(name);

/** Waits until nothing is asked for and no Job is on its way. */
async function idle(): Promise<void> {
  await until('idle', async () => {
    const asks = await loop.configMaps.get({ namespace, name: 'configure-requests' }).catch(() => undefined);
    if (Object.keys(asks?.data ?? {}).some((name) => name !== ALL)) return undefined;
    const { items } = await loop.jobs.list({ namespace });
    return items.every(({ status }) =>
      status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed'),
    )
      ? true
      : undefined;
  });
}

test('S-47 who has no token, or a wrong one, is turned away before the body is read', async () => {
  for (const wrong of [undefined, 'x', bootToken.slice(1), `${cron}x`, 'a b']) {
    const answer = await call(undefined, { token: wrong, raw: '{'.repeat(10) });
    assert.equal(answer.status, 401, wrong);
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
  }
});

test('S-47 a token for another audience is no token here', async () => {
  const other = await token('cron', ['somebody-else']);
  assert.equal((await call({ devices: ['devicea'] }, { token: other })).status, 401);
});

test('S-47 who may not create devices/configure is refused', async () => {
  const answer = await call({ devices: ['devicea'] }, { token: await token('nobody') });
  assert.equal(answer.status, 403);
});

test('an ask by name makes a Job that ignores back-off and holds', async () => {
  const before = loop.runs('devicea').length;
  const answer = await call({ devices: ['deviceA'], step: 1 }, { token: cron });
  assert.equal(answer.status, 202);
  assert.deepEqual(answer.body, { devices: ['devicea'], waiting: [], paused: [], step: 1 });
  const run = await until('asked run', () => loop.runs('devicea').slice(before)[0]);
  assert.equal(run.asked, true);
  assert.deepEqual(run.devices, ['devicea']);
  await until('ask removed', async () => {
    const asks = await loop.configMaps.get({ namespace, name: 'configure-requests' });
    return Object.keys(asks.data ?? {}).includes('devicea') ? undefined : true;
  });
  assert.equal(loop.runs('devicea').length, before + 1);
});

test('an ask whose Job is lost is served by another one', async () => {
  await loop.behave({ devicea: { instead: 'crash' } });
  const before = loop.runs('devicea').length;
  assert.equal((await call({ devices: ['devicea'] }, { token: cron })).status, 202);
  await until('lost run', () => loop.runs('devicea')[before]);
  await loop.behave({});
  const again = await until('second run', () => loop.runs('devicea')[before + 1]);
  assert.equal(again.asked, true);
  await until('ask removed', async () => {
    const asks = await loop.configMaps.get({ namespace, name: 'configure-requests' });
    return Object.keys(asks.data ?? {}).includes('devicea') ? undefined : true;
  });
  assert.equal(loop.runs('devicea').length, before + 2);
});

test('a token of the audience naas-scheduler is taken', async () => {
  const answer = await call({ devices: ['devicea', 'devicec'], step: 'max' }, { token: cronAudience });
  assert.equal(answer.status, 202);
  assert.equal(answer.body.step, 'MAX');
  await until('asked run', () => loop.runs('devicec').find((run) => run.asked));
});

test('an ask for all makes ordinary Jobs', async () => {
  await idle();
  const before = ['devicea', 'deviceb', 'devicec'].map((name) => loop.runs(name).length);
  const answer = await call({ devices: ['all'], step: 2 }, { token: cron });
  assert.equal(answer.status, 202);
  for (const [index, name] of ['devicea', 'deviceb', 'devicec'].entries()) {
    const run = await until(`run of ${name}`, () => loop.runs(name).slice(before[index])[0]);
    assert.equal(run.asked, false);
    assert.ok(run.devices.length <= 2);
  }
});

test('what was answered with 202 is done by the next scheduler', async () => {
  await scheduler.stop();
  const before = loop.runs('devicec').length;
  assert.equal((await call({ devices: ['devicec'] }, { token: cron })).status, 202);
  const again = await call({ devices: ['devicec'] }, { token: cron });
  assert.deepEqual([again.body.devices, again.body.waiting], [[], ['devicec']], 'repeated asks become one');
  scheduler = await loop.startScheduler();
  await until('run', () => (loop.runs('devicec').length > before ? true : undefined));
  await until('ask removed', async () => {
    const asks = await loop.configMaps.get({ namespace, name: 'configure-requests' });
    return Object.keys(asks.data ?? {}).includes('devicec') ? undefined : true;
  });
  assert.equal(loop.runs('devicec').length, before + 1);
});

const refused: {
  name: string;
  body?: unknown;
  raw?: string;
  status: number;
  error: string;
  type?: string;
}[] = [
  ...[0, -1, 'abc', 1e9, 1.5, null].map((step) => ({
    name: `step ${JSON.stringify(step)}`,
    body: { devices: ['devicea'], step },
    status: 400,
    error: 'BadRequest',
  })),
  { name: 'devices as text', body: { devices: 'all' }, status: 400, error: 'BadRequest' },
  { name: 'no devices', body: { devices: [] }, status: 400, error: 'BadRequest' },
  {
    name: 'too many devices',
    body: { devices: Array.from({ length: 10_001 }, () => 'devicea') },
    status: 400,
    error: 'BadRequest',
  },
  {
    name: 'a million devices',
    body: { devices: Array.from({ length: 1e6 }, () => 'devicea') },
    status: 413,
    error: 'TooLarge',
  },
  { name: 'no JSON', raw: '{"devices": [', status: 400, error: 'BadRequest' },
  { name: 'an empty body', raw: '', status: 400, error: 'BadRequest' },
  { name: 'a prototype', raw: '{"__proto__": {"devices": ["devicea"]}}', status: 400, error: 'BadRequest' },
  {
    name: 'a form',
    raw: 'devices=devicea',
    type: 'application/x-www-form-urlencoded',
    status: 415,
    error: 'UnsupportedMediaType',
  },
  { name: 'text', raw: 'devicea', type: 'text/plain', status: 415, error: 'UnsupportedMediaType' },
  {
    name: 'unknown devices',
    body: { devices: ['devicea', 'ghost', 'x'] },
    status: 404,
    error: 'DeviceUnknown',
  },
  { name: 'a paused device', body: { devices: ['paused'] }, status: 409, error: 'Paused' },
];
test('S-47 what is not a proper ask is refused with clear words, and nothing is scheduled', async () => {
  await idle();
  const before = loop.runs().length;
  const stored = (await loop.configMaps.get({ namespace, name: 'configure-requests' })).data;
  for (const { name, body, raw, status, error, type } of refused) {
    const answer = await call(body, {
      token: cronAudience,
      ...(raw !== undefined && { raw }),
      ...(type !== undefined && { type }),
    });
    assert.equal(answer.status, status, `${name}: ${answer.text}`);
    assert.equal(answer.body.error, error, name);
    assert.ok((answer.body.message ?? '').length > 5, name);
    // S-50
    assert.doesNotMatch(answer.text, /node_modules|\.ts:|\.js:|at .*\(/, name);
  }
  const unknown = await call({ devices: ['devicea', 'ghost', 'x'] }, { token: cron });
  assert.deepEqual(unknown.body.devices, ['ghost', 'x']);
  assert.equal(loop.runs().length, before);
  assert.deepEqual((await loop.configMaps.get({ namespace, name: 'configure-requests' })).data, stored);
});

test('a booting switch may ask for itself, once a minute, and for nothing else', async () => {
  assert.equal((await call({ devices: ['devicea'] }, { token: bootToken })).status, 403);
  assert.equal((await call({ devices: ['all'] }, { token: bootToken })).status, 403);
  assert.equal((await call({ devices: ['deviceb', 'devicea'] }, { token: bootToken })).status, 403);
  const before = loop.runs('deviceb').length;
  assert.equal((await call({ devices: ['deviceb'] }, { token: bootToken })).status, 202);
  const again = await call({ devices: ['deviceb'] }, { token: bootToken });
  assert.equal(again.status, 429);
  assert.ok(Number(again.headers['retry-after']) > 50);
  await until('run', () => (loop.runs('deviceb').length > before ? true : undefined));
});

test('S-50 an error inside tells the caller nothing', async () => {
  failing = true;
  const answer = await call({ devices: ['devicea'] }, { token: cron });
  failing = false;
  assert.equal(answer.status, 500);
  assert.deepEqual(answer.body, {
    error: 'InternalError',
    message: 'the scheduler could not answer; see its log',
  });
  assert.ok(logged.some((line) => line.includes('secret reason')));
});

test('S-50 there is nothing but POST /configure', async () => {
  for (const path of ['/', '/debug', '/console', '/metrics', '/configure/x', '/../configure']) {
    assert.equal((await call(undefined, { method: 'GET', path, token: cron })).status, 404, path);
  }
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const answer = await call(undefined, { method, token: cron });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers['allow'], 'POST');
  }
});

test('without an inventory in order nothing is taken', async () => {
  const kept = inventory;
  inventory = undefined;
  assert.equal((await call({ devices: ['devicea'] }, { token: cron })).status, 503);
  inventory = kept;
});

test('callers find the address of the API and whom to trust', async () => {
  const endpoint = await loop.configMaps.get({ namespace, name: 'scheduler-api' });
  assert.deepEqual(endpoint.data, { 'ca.crt': authority.cert, url: `https://127.0.0.1:${port}` });
});

test('S-47 who tries tokens is soon not listened to any more', async () => {
  const statuses: number[] = [];
  for (let index = 0; index < 25; index += 1)
    statuses.push((await call({}, { token: `wrong-${index}` })).status);
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
});

test('S-47 a flood of one caller is slowed down, others are not', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => call({ devices: [] }, { token: cron })));
  const statuses = new Set(answers.map(({ status }) => status));
  assert.deepEqual(statuses, new Set([400, 429]));
  assert.ok(answers.some(({ headers }) => Number(headers['retry-after']) >= 1));
});
