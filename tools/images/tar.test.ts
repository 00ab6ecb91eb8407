import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DIRECTORY, fileTree, text, type Entry } from './file-tree.ts';
import { readTar } from './tar-reader.ts';
import { writeTar } from './tar-writer.ts';

const long = `${'directory/'.repeat(14)}${'f'.repeat(90)}`;
const tree = fileTree([
  ['bin/run', { type: 'file', content: Buffer.alloc(513, 'x'), executable: true }],
  ['empty', text('')],
  ['block', text('y'.repeat(512))],
  ['link', { type: 'link', target: 'bin/run' }],
  ['tmp', DIRECTORY],
  [long, text('deep')],
]);

const entries = (archive: Uint8Array): [string, Entry][] =>
  [...readTar(archive)].map(({ path, entry }) => [path, entry]);
/** Files without the flag that says "not executable": the reader always sets it. */
const plain = (list: Iterable<readonly [string, Entry]>) =>
  [...list].map(([path, entry]) => [
    path,
    entry.type === 'file' ? [Buffer.from(entry.content).toString(), entry.executable === true] : entry,
  ]);

test('what is written is read again', () => {
  assert.deepEqual(plain(entries(writeTar(tree))), plain(tree));
});

test('every member belongs to root, has the time 0 and no bit of write for others', () => {
  for (const member of readTar(writeTar(tree))) {
    assert.deepEqual([member.uid, member.gid, member.mtime], [0, 0, 0], member.path);
    if (member.entry.type !== 'link') assert.equal(member.mode & 0o7022, 0, member.path);
  }
});

test('GNU tar lists our archive as it is', () => {
  const listing = execFileSync('tar', ['-t'], { input: writeTar(tree), encoding: 'utf8' });
  const expected = [...tree].map(([path, entry]) => (entry.type === 'directory' ? `${path}/` : path));
  assert.deepEqual(listing.trim().split('\n'), expected);
});

for (const format of ['gnu', 'pax', 'ustar']) {
  test(`archives that tar writes as ${format} are read`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'naas-tar-'));
    t.after(() => rm(directory, { recursive: true }));
    const name = `${'n'.repeat(60)}/${'m'.repeat(80)}`;
    await mkdir(join(directory, 'n'.repeat(60)));
    await writeFile(join(directory, name), 'content');
    await symlink('target', join(directory, 'link'));
    const archive = execFileSync('tar', ['-c', `--format=${format}`, '-C', directory, '.']);
    const found = new Map(entries(archive));
    assert.deepEqual(found.get('link'), { type: 'link', target: 'target' });
    assert.deepEqual(plain([...found].filter(([path]) => path === name)), [[name, ['content', false]]]);
  });
}

test('an archive that is cut off or altered is refused', () => {
  const archive = writeTar(tree);
  assert.throws(() => [...readTar(archive.subarray(0, 1100))], /cut off/);
  assert.throws(() => [...readTar(archive.subarray(0, archive.length - 1024))], /cut off/);
  const altered = Buffer.from(archive);
  altered[0] = 0x41;
  assert.throws(() => [...readTar(altered)], /checksum/);
});

test('a path that ustar cannot hold is refused', () => {
  assert.throws(() => writeTar(fileTree([['x'.repeat(101), text('')]])), /too long/);
});
