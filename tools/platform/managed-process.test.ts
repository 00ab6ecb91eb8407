import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startProcess, type ManagedProcess, type ProcessOptions } from './managed-process.ts';

describe('a managed process', () => {
  let directory: string;
  const seen: string[] = [];
  const running = new Set<ManagedProcess>();
  const watchdog = {
    started: (pid: number) => void seen.push(`+${pid}`),
    ended: (pid: number) => void seen.push(`-${pid}`),
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'naas-process-'));
  });
  after(async () => {
    await Promise.all([...running].map((process) => process.stop()));
    await rm(directory, { recursive: true, force: true });
  });

  const run = (name: string, script: string, options: Partial<ProcessOptions> = {}): ManagedProcess => {
    const started = startProcess({
      name,
      command: process.execPath,
      arguments: ['-e', script],
      environment: {},
      logFile: join(directory, `${name}.log`),
      watchdog,
      ...options,
    });
    running.add(started);
    return started;
  };
  const forever = 'console.log(process.pid); setInterval(() => {}, 1000)';

  it('is started again when it dies, and tells the watchdog', async () => {
    const child = run('dies', forever);
    const first = await child.firstLine();
    child.kill('SIGKILL');
    let second = first;
    while (second === first || child.pid === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      if (child.restarts > 0) second = await child.firstLine();
    }
    assert.notEqual(second, first);
    assert.equal(child.restarts, 1);
    assert.ok(seen.includes(`-${first}`) && seen.includes(`+${second}`));
    assert.match(await readFile(join(directory, 'dies.log'), 'utf8'), new RegExp(`${first}\\n`));
  });

  it('stays stopped once it is stopped, even if it is frozen', async () => {
    const child = run('frozen', forever);
    await child.firstLine();
    child.kill('SIGSTOP');
    await child.stop();
    running.delete(child);
    assert.equal(child.pid, undefined);
    assert.equal(child.restarts, 0);
  });

  it('is ready when /readyz says so', async () => {
    let code = 500;
    const server = createServer((_request, response) => {
      response.writeHead(code).end();
      code = 200;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const httpAddress = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await run('ready', forever, { httpAddress }).whenReady();
    assert.equal(code, 200);
    server.close();
  });

  it('that never becomes ready fails with the end of its log', async () => {
    const script = 'console.error("the reason"); console.log("started"); setInterval(() => {}, 1000)';
    const child = run('never', script, { httpAddress: '127.0.0.1:1' });
    await child.firstLine();
    await assert.rejects(child.whenReady(500), /never did not become ready in 0.5 s[^]*the reason/);
  });
});
