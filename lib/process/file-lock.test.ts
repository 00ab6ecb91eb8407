import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { access, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { withLock } from './file-lock.ts';
import { identify, self } from './process-identity.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'naas-lock-'));
  file = join(directory, 'deep', 'one.lock');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('a lock', () => {
  it('is held by one at a time and gone afterwards', async () => {
    let inside = 0;
    let most = 0;
    const me = await self();
    const work = async () => {
      most = Math.max(most, (inside += 1));
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(file, me, () => undefined, work)));
    assert.equal(most, 1);
    assert.equal(await exists(file), false);
  });

  it('is let go when the work fails', async () => {
    const failing = withLock(
      file,
      await self(),
      () => undefined,
      () => Promise.reject(new Error('broken')),
    );
    await assert.rejects(failing, /broken/);
    assert.equal(await exists(file), false);
  });

  it('tells once who holds it, and is taken over when that process dies', async () => {
    const holder = spawn('sleep', ['60']);
    await once(holder, 'spawn');
    const identity = await identify(holder.pid ?? 0);
    await withLock(
      file,
      await self(),
      () => undefined,
      async () => undefined,
    );
    await writeFile(file, JSON.stringify(identity));
    const waiting: number[] = [];
    const done = withLock(
      file,
      await self(),
      (pid) => {
        waiting.push(pid);
        holder.kill('SIGKILL');
      },
      async () => 'mine',
    );
    assert.equal(await done, 'mine');
    assert.deepEqual(waiting, [holder.pid]);
  });

  it('of a process whose id now belongs to another one is taken over', async () => {
    await withLock(
      file,
      await self(),
      () => undefined,
      async () => undefined,
    );
    await writeFile(file, JSON.stringify({ pid: process.pid, started: 'long ago' }));
    assert.equal(
      await withLock(
        file,
        await self(),
        (pid) => assert.fail(`waits for ${pid}`),
        async () => 'mine',
      ),
      'mine',
    );
  });

  it('that is damaged is taken over when it is old', async () => {
    await withLock(
      file,
      await self(),
      () => undefined,
      async () => undefined,
    );
    await writeFile(file, '{"pid":');
    await utimes(file, new Date(0), new Date(0));
    assert.equal(
      await withLock(
        file,
        await self(),
        (pid) => assert.fail(`waits for ${pid}`),
        async () => 'mine',
      ),
      'mine',
    );
  });
});
