import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { rotatingFile } from './rotating-file.ts';

describe('a rotating file', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'naas-rotating-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('never takes more than twice its size, and keeps what came last', async () => {
    const path = join(directory, 'log');
    const file = rotatingFile(path, 10);
    for (const text of ['12345', '67890', 'abc', 'defghij', 'k', 'longer than the file may be', 'end'])
      file.append(Buffer.from(text));
    file.close();
    assert.deepEqual((await readdir(directory)).sort(), ['log', 'log.1']);
    assert.equal(await readFile(`${path}.1`, 'utf8'), 'longer than the file may be');
    assert.equal(await readFile(path, 'utf8'), 'end');
  });

  it('goes on where an earlier run ended', async () => {
    const path = join(directory, 'again');
    for (const text of ['1234', '5678', '90ab']) {
      const file = rotatingFile(path, 10);
      file.append(Buffer.from(text));
      file.close();
    }
    assert.equal(await readFile(`${path}.1`, 'utf8'), '12345678');
    assert.equal(await readFile(path, 'utf8'), '90ab');
  });
});
