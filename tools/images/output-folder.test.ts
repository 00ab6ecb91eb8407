import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { clearOutput } from './output-folder.ts';

async function folder(t: TestContext, files: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-output-'));
  t.after(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'oci/blobs'), { recursive: true });
  for (const file of files) await writeFile(join(directory, file), '');
  return directory;
}

test('what an earlier build left is removed', async (t) => {
  const directory = await folder(t, [
    'digests.json',
    'naas-0.1.0-linux-amd64.tar',
    'naas-0.1.0-linux-amd64.cdx.json',
  ]);
  await clearOutput(directory);
  assert.deepEqual(await readdir(directory), []);
});

test('a folder with anything else is left as it is', async (t) => {
  const directory = await folder(t, ['digests.json', 'thesis.txt']);
  await assert.rejects(clearOutput(directory), /holds "thesis\.txt", which no build wrote/);
  assert.deepEqual((await readdir(directory)).toSorted(), ['digests.json', 'oci', 'thesis.txt']);
});

test('a folder that is not there is made', async (t) => {
  const directory = join(await folder(t, []), 'new/folder');
  await clearOutput(directory);
  assert.deepEqual(await readdir(directory), []);
});
