import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fetch } from 'undici';

interface Ready {
  readonly control: { readonly url: string; readonly tokenFile: string };
  readonly identityFile: string;
  readonly username: string;
  readonly switches: Record<
    string,
    { readonly sshPort: number; readonly hostKey: string; readonly version: string }
  >;
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const TOPOLOGY = fileURLToPath(new URL('../two-switches.clab.yaml', import.meta.url));
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'eos-sim-main-'));
let child: ChildProcess;
let ready: Ready;

async function start(): Promise<void> {
  child = spawn(process.execPath, [MAIN, '--topology', TOPOLOGY, '--state', join(directory, 'state')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(child.stdout);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  ready = JSON.parse(line) as Ready;
}

async function stop(): Promise<number | null> {
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

before(start);
after(async () => {
  if (child.exitCode === null) await stop();
  rmSync(directory, { recursive: true });
});

function sshArguments(name: string): string[] {
  const { sshPort, hostKey } = ready.switches[name] ?? assert.fail(`no switch ${name}`);
  const knownHosts = join(directory, 'known_hosts');
  writeFileSync(knownHosts, `${name} ${hostKey}\n`);
  const settings = {
    HostKeyAlias: name,
    IdentitiesOnly: 'yes',
    IdentityFile: ready.identityFile,
    LogLevel: 'ERROR',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: knownHosts,
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return ['-F', 'none', ...options, '-p', String(sshPort), `${ready.username}@127.0.0.1`];
}

async function control(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${ready.control.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(ready.control.tokenFile, 'utf8')}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

test('OpenSSH runs a command on a switch, its host key pinned', async () => {
  const { stdout } = await run('ssh', [
    ...sshArguments('devicea'),
    'show running-config interfaces ethernet 2-3',
  ]);
  assert.equal(stdout, 'interface Ethernet2\ninterface Ethernet3\n');
});

test('OpenSSH gets the exit status of a refused command', async () => {
  await assert.rejects(run('ssh', [...sshArguments('deviceb'), 'show nonsense']), (error) => {
    const { code, stdout } = error as { code: number; stdout: string };
    assert.equal(stdout, '> show nonsense\n% Invalid input at line 1\n');
    assert.equal(code, 1);
    return true;
  });
});

test('OpenSSH works at the prompt of a terminal', async () => {
  const ssh = spawn('ssh', ['-tt', ...sshArguments('deviceb')], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  ssh.stdout.on('data', (data: Buffer) => (output += data.toString()));
  ssh.stdin.end(
    'terminal length 0\rconfigure session x\rinterface Ethernet1\rdescription typed\rabort\rshow hostname\rexit\r',
  );
  const [code] = (await once(ssh, 'exit')) as [number];
  assert.equal(code, 0);
  assert.match(output, /deviceb\(config-s-x-if-Et1\)#description typed\r\n/);
  assert.match(output, /deviceb#show hostname\r\nHostname: deviceb\r\n/);
});

test('the control endpoint shows and changes switches, and refuses what it does not know', async () => {
  assert.deepEqual(Object.keys((await control('GET', '/switches')).body as object), ['devicea', 'deviceb']);
  assert.equal(
    (await control('POST', '/switches/devicea/faults', { faults: { latencyMs: 5 }, times: 3 })).status,
    204,
  );
  assert.equal(
    (
      await control('POST', '/switches/devicea/configure', {
        lines: ['interface Ethernet9', 'description by hand'],
      })
    ).status,
    204,
  );
  assert.equal((await control('POST', '/switches/devicea/foreign-session', { name: 'theirs' })).status, 204);
  assert.equal(
    (await control('POST', '/switches/devicea/foreign-timer', { name: 'armed', seconds: 60 })).status,
    204,
  );
  const view = (await control('GET', '/switches/devicea')).body as Record<string, unknown>;
  assert.match(String(view['runningConfig']), /description by hand/);
  assert.deepEqual(view['sessions'], [
    { name: 'theirs', state: 'pending' },
    { name: 'armed', state: 'committed' },
  ]);
  assert.equal((view['faults'] as { latencyMs: number }).latencyMs, 5);
  const { body } = await control('GET', '/switches/devicea/shown?since=1');
  const [first] = body as { number: number; text: string }[];
  assert.equal(first?.number, 2);
  assert.match(first.text, /description by hand/);
  assert.equal((await control('DELETE', '/switches/devicea/faults')).status, 204);
  assert.equal((await control('POST', '/switches/devicea/restart', { reload: true })).status, 204);
  const reloaded = (await control('GET', '/switches/devicea')).body as Record<string, unknown>;
  assert.deepEqual(reloaded['sessions'], []);
  assert.doesNotMatch(String(reloaded['runningConfig']), /by hand/);

  const refused: [string, string, unknown, number][] = [
    ['POST', '/switches/nowhere/faults', {}, 404],
    ['GET', '/switches/nowhere/shown', undefined, 404],
    ['POST', '/switches/devicea/toString', {}, 404],
    ['POST', '/switches/devicea/faults', { faults: { nonsense: 1 } }, 400],
    ['POST', '/switches/devicea/faults', { faults: { latencyMs: 'x' } }, 400],
    ['POST', '/switches/devicea/faults', { faults: { rejectLine: '(' } }, 400],
    ['POST', '/switches/devicea/configure', { lines: ['bogus'] }, 400],
    ['POST', '/switches/devicea/foreign-timer', { name: 'x', seconds: 0 }, 400],
  ];
  for (const [method, path, body, status] of refused) {
    assert.equal((await control(method, path, body)).status, status, `${path} ${JSON.stringify(body)}`);
  }
});

test('the control endpoint wants its token', async () => {
  assert.equal((await fetch(`${ready.control.url}/switches`)).status, 401);
  const wrong = await fetch(`${ready.control.url}/switches`, { headers: { authorization: 'Bearer x' } });
  assert.equal(wrong.status, 401);
});

test('a second start keeps host keys and what was saved; secrets are readable by their owner only', async () => {
  await run('ssh', [...sshArguments('devicea'), 'configure\nhostname renamed\nend\nwrite memory']);
  const { switches } = ready;
  assert.equal(await stop(), 0);
  await start();
  assert.equal(ready.switches['devicea']?.hostKey, switches['devicea']?.hostKey);
  const { stdout } = await run('ssh', [...sshArguments('devicea'), 'show hostname']);
  assert.match(stdout, /^Hostname: renamed\n/);
  const state = join(directory, 'state');
  for (const file of readdirSync(state)) assert.equal(statSync(join(state, file)).mode & 0o077, 0, file);
});

test('bad arguments are named', async () => {
  const cases: [string[], RegExp][] = [
    [[], /--topology: give a containerlab topology file/],
    [['--topology', TOPOLOGY], /--state: give a directory/],
    [['--topology', TOPOLOGY, '--state', directory, '--ssh-port', 'x'], /--ssh-port: "x" is not NODE=PORT/],
  ];
  const refused = cases.map(([args, expected]) =>
    assert.rejects(run(process.execPath, [MAIN, ...args]), (error) => {
      assert.match((error as { stderr: string }).stderr, expected);
      return true;
    }),
  );
  await Promise.all(refused);
});
