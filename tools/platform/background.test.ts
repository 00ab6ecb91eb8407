import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it, mock } from 'node:test';
import { identify } from '../../lib/process/process-identity.ts';
import { until } from '../../test/support/until.ts';
import { background } from './background.ts';
import type { Background } from './background.ts';
import { socketPath } from './supervisor.ts';

/** Listens as a supervisor does once all is ready, when it is told to. */
const STAND_IN = `
  const rows = [{ name: 'etcd', pid: 7, restarts: 0, memory: 30 }];
  const server = require('node:http').createServer((_, answer) => answer.end(JSON.stringify(rows)));
  process.on('message', (path) => server.listen(path, () => process.send('ready')));
  process.send('started');
`;

let directory: string;
let held: ChildProcess;
let said: string[];
let commands: Background;
const printed = mock.method(console, 'log', (line: string) => void said.push(line));
const complained = mock.method(console, 'error', (line: string) => void said.push(line));
after(() => {
  printed.mock.restore();
  complained.mock.restore();
});

beforeEach(async () => {
  said = [];
  directory = await mkdtemp(join(tmpdir(), 'naas-background-'));
  held = spawn(process.execPath, ['-e', STAND_IN], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  await once(held, 'message');
  await writeFile(join(directory, 'run.json'), JSON.stringify(await identify(held.pid ?? 0)));
  commands = background({
    ...{ kind: 'platform', directory, called: 'The platform', command: 'make up' },
    clear: () => assert.fail('what another one is starting was cleared away'),
    sayWhatNext: () => said.push('what next'),
  });
});
afterEach(async () => {
  await end();
  await rm(directory, { recursive: true });
});

async function end(): Promise<void> {
  if (held.exitCode !== null || held.signalCode !== null) return;
  held.kill('SIGKILL');
  await once(held, 'exit');
}

async function becomeReady(): Promise<void> {
  held.send(socketPath(directory));
  await once(held, 'message');
}

const heard = (words: RegExp) => until(String(words), () => said.some((line) => words.test(line)));

describe('a platform that another command is starting', () => {
  it('is said by status to be starting, and where its log is', async () => {
    assert.equal(await commands.status(), 1);
    assert.deepEqual(said, [`The platform is starting. Log: ${directory}/logs/supervisor.log`]);
  });

  it('is shown by status once it is ready', async () => {
    await becomeReady();
    assert.equal(await commands.status(), 0);
    assert.match(said.join('\n'), /^PROCESS .*\netcd +7 +30 MiB +0$/);
  });

  it('is waited for by a second start', async () => {
    const second = commands.up();
    await heard(/^The platform is being started already: waiting for it\. Log: .*supervisor\.log$/);
    assert.ok(!said.includes('what next'));
    await becomeReady();
    assert.equal(await second, 0);
    assert.equal(said.at(-1), 'what next');
  });

  it('and fails is not said to be up', async () => {
    const second = commands.up();
    await heard(/waiting for it/);
    await end();
    assert.equal(await second, 1);
    assert.match(said.at(-1) ?? '', /^The platform did not start\. Logs: /);
  });

  it('is up at once for a second start when it is ready', async () => {
    await becomeReady();
    assert.equal(await commands.up(), 0);
    assert.deepEqual(said, ['what next']);
  });
});
