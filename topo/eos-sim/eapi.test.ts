import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Agent, fetch } from 'undici';
import { virtualClock } from './clock.ts';
import { startEosSim } from './server.ts';
import type { EosSim } from './server.ts';

const clock = virtualClock();
const insecure = new Agent({ connect: { rejectUnauthorized: false } });
let sim: EosSim;

before(async () => {
  sim = await startEosSim({
    hostname: 'devicea',
    ports: 4,
    clock,
    enablePassword: 'up',
    users: [
      { name: 'admin', password: 'pw' },
      { name: 'root', password: 'pw', privilege: 15 },
    ],
    eapi: { tls: true },
  });
});
after(async () => {
  await insecure.close();
  await sim.stop();
});
afterEach(() => sim.restart({ reload: true }));

interface Answer {
  result?: Record<string, unknown>[];
  error?: { code: number; message: string; data?: Record<string, unknown>[] };
}

async function post(path: string, body: unknown, headers: Record<string, string>) {
  return fetch(`https://127.0.0.1:${sim.eapiPort}${path}`, {
    method: 'POST',
    dispatcher: insecure,
    headers: { 'content-type': 'application/json-rpc', ...headers },
    body: JSON.stringify(body),
  });
}

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

async function run(cmds: unknown[], format = 'json', user = 'root'): Promise<Answer> {
  const body = { jsonrpc: '2.0', id: 1, method: 'runCmds', params: { version: 1, cmds, format } };
  const response = await post('/command-api', body, basic(user, 'pw'));
  assert.equal(response.status, 200);
  return (await response.json()) as Answer;
}

test('a whole replacement fits one request', async () => {
  const { result, error } = await run(
    [
      { cmd: 'enable', input: 'up' },
      'configure session one',
      'rollback clean-config',
      { cmd: 'copy terminal: session-config', input: 'hostname devicea\ninterface Ethernet1\n   shutdown\n' },
      'show session-config diffs',
      'commit timer 00:01:00',
    ],
    'text',
    'admin',
  );
  assert.equal(error, undefined);
  assert.equal(result?.length, 6);
  assert.match(String(result?.[3]?.['output']), /Copy completed successfully/);
  assert.match(String(result?.[4]?.['output']), /^--- system:\/running-config\n[^]*\+ {3}shutdown/);
  assert.equal(sim.device.timer?.session, 'one');
  await run(['configure session one commit']);
  assert.match(sim.runningConfig(), /shutdown/);
});

test('JSON answers: show commands their model, configuration {}, copies their messages', async () => {
  const { result } = await run([
    'show version',
    'configure session one',
    { cmd: 'banner motd', input: 'hello\nworld' },
    { cmd: 'copy terminal: session-config', input: 'bogus\n' },
  ]);
  assert.equal(result?.[0]?.['modelName'], 'vEOS-lab');
  assert.deepEqual(result?.[1], {});
  assert.deepEqual(result?.[2], {});
  assert.deepEqual(result?.[3], {
    messages: ['> bogus\n% Invalid input at line 1\nCopy completed successfully.'],
  });
});

test('the first failing command ends the request and is named; what ran before stays', async () => {
  const { error } = await run(['configure', 'hostname changed', 'bogus', 'hostname never']);
  assert.equal(error?.code, 1002);
  assert.equal(error?.message, "CLI command 3 of 4 'bogus' failed: invalid command");
  assert.deepEqual(error?.data, [{}, {}, { errors: ["Invalid input (at token 0: 'bogus')"] }]);
  assert.match(sim.runningConfig(), /hostname changed/);
});

test('each request starts in exec mode', async () => {
  await run(['configure session one']);
  assert.equal((await run(['commit'])).error?.code, 1002);
});

test('a command without JSON form has its own code', async () => {
  assert.equal((await run(['configure session one', 'show session-config diffs'])).error?.code, 1003);
});

test('wrong credentials get 401, the login cookie does for Basic until logout', async () => {
  const body = { jsonrpc: '2.0', id: 1, method: 'runCmds', params: { version: 1, cmds: ['show version'] } };
  assert.equal((await post('/command-api', body, basic('root', 'no'))).status, 401);
  assert.equal((await post('/command-api', body, {})).status, 401);
  assert.equal((await post('/login', { username: 'root', password: 'no' }, {})).status, 401);
  const { headers } = await post('/login', { username: 'root', password: 'pw' }, {});
  const cookie = (headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  assert.match(cookie, /^Session=/);
  assert.equal((await post('/command-api', body, { cookie })).status, 200);
  await post('/logout', {}, { cookie });
  assert.equal((await post('/command-api', body, { cookie })).status, 401);
});

test('what is no request is refused with its code', async () => {
  for (const body of [
    null,
    {},
    { jsonrpc: '2.0', method: 'other' },
    { jsonrpc: '2.0', method: 'runCmds', params: { cmds: [1] } },
  ]) {
    const answer = (await (await post('/command-api', body, basic('root', 'pw'))).json()) as Answer;
    assert.equal(answer.error?.code, -32600);
  }
});
