import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Machine } from '../controlplane/machine.ts';
import { downloadDebian } from './debian-download.ts';

const CONTENT = Buffer.from('a package');
const wanted = {
  name: 'libx',
  version: '1',
  path: 'pool/libx_1_amd64.deb',
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
};
const MIRRORS = ['https://first.example/debian/', 'https://second.example/debian/'];

interface Web {
  readonly [url: string]: Uint8Array | undefined;
}

interface World {
  readonly machine: Machine;
  readonly cache: string;
  /** Addresses asked for, in order. */
  readonly asked: string[];
}

/** A machine with a web of its own, with apt or without. */
async function world(t: TestContext, web: Web, apt: boolean): Promise<World> {
  const cache = await mkdtemp(join(tmpdir(), 'naas-cache-'));
  t.after(() => rm(cache, { recursive: true }));
  const asked: string[] = [];
  const machine: Machine = {
    ...{ env: { XDG_CACHE_HOME: cache }, os: 'linux', arch: 'amd64', home: '/nowhere' },
    async run(_program, words) {
      if (!apt) throw new Error('ENOENT');
      const [url = '', file = ''] = words.slice(words.indexOf('download-file') + 1);
      asked.push(`apt ${url}`);
      const content = web[url];
      if (content === undefined)
        return { code: 100, stdout: '', stderr: `W: slow\nE: Failed to fetch ${url}\n` };
      await writeFile(file, content);
      return { code: 0, stdout: '', stderr: '' };
    },
    async download(url) {
      asked.push(url);
      const content = web[url];
      return {
        status: content === undefined ? 404 : 200,
        body: (async function* () {
          if (content !== undefined) yield content;
        })(),
      };
    },
  };
  return { machine, cache: join(cache, 'naas', 'images'), asked };
}

for (const apt of [true, false]) {
  const by = apt ? 'by apt' : 'by HTTP where there is no apt';

  test(`a package comes from the first mirror that has it, ${by}, and from the cache ever after`, async (t) => {
    const url = `https://second.example/debian/${wanted.path}`;
    const { machine, asked, cache } = await world(t, { [url]: CONTENT }, apt);
    assert.deepEqual(await downloadDebian(wanted, machine, MIRRORS), CONTENT);
    assert.equal(asked.length, 2);
    assert.deepEqual(await downloadDebian(wanted, machine, MIRRORS), CONTENT);
    assert.equal(asked.length, 2, 'the second call asks nobody');
    assert.deepEqual(await readdir(cache), [`${wanted.sha256}.deb`]);
  });

  test(`another file than the pinned one is refused, ${by}, and not kept`, async (t) => {
    const url = `https://first.example/debian/${wanted.path}`;
    const { machine, cache } = await world(t, { [url]: Buffer.from('another') }, apt);
    await assert.rejects(downloadDebian(wanted, machine, MIRRORS), (error: Error) => {
      assert.match(error.message, /libx_1_amd64\.deb could not be had \(first\.example: .*another SHA-256/);
      assert.match(error.message, /second\.example: /);
      assert.match(error.message, new RegExp(`Put the file with SHA-256 ${wanted.sha256} at `));
      return true;
    });
    assert.deepEqual(await readdir(cache), []);
  });
}

test('a file in the cache that was altered is fetched again', async (t) => {
  const { machine, cache } = await world(t, { [`${MIRRORS[0]}${wanted.path}`]: CONTENT }, false);
  await downloadDebian(wanted, machine, MIRRORS);
  await writeFile(join(cache, `${wanted.sha256}.deb`), 'altered');
  assert.deepEqual(await downloadDebian(wanted, machine, MIRRORS), CONTENT);
});
