import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readPrivate, writePrivate } from './private-file.ts';

let root: string;
let folder: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'naas-private-'));
  folder = join(root, 'deep', 'folder');
  file = join(folder, 'one.json');
});
afterEach(() => rmSync(root, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a private file', () => {
  it('is its owner’s alone, in a folder that is, whatever the umask', () => {
    const before = process.umask(0);
    try {
      writePrivate(file, 'text');
    } finally {
      process.umask(before);
    }
    assert.equal(readPrivate(file), 'text');
    assert.deepEqual([modeOf(file), modeOf(folder)], [0o600, 0o700]);
  });

  it('that is not there is no error', () => {
    assert.equal(readPrivate(file), undefined);
    writePrivate(file, '');
    assert.equal(readPrivate(join(folder, 'other')), undefined);
  });

  it('is replaced as a whole, with nothing left beside it', () => {
    writePrivate(file, 'long text');
    writePrivate(file, 'new');
    assert.equal(readPrivate(file), 'new');
    assert.deepEqual(readdirSync(folder), ['one.json']);
  });

  it('S-80 a link in its place is not followed: not read, and replaced when written', () => {
    const target = join(root, 'target');
    writeFileSync(target, 'of somebody else', { mode: 0o600 });
    writePrivate(file, 'text');
    rmSync(file);
    symlinkSync(target, file);
    assert.throws(() => readPrivate(file), /is a link/);
    writePrivate(file, 'mine');
    assert.equal(readPrivate(file), 'mine');
    assert.equal(readFileSync(target, 'utf8'), 'of somebody else');
  });

  it('S-80 a folder that is a link is refused', () => {
    mkdirSync(join(root, 'deep'));
    mkdirSync(join(root, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(root, 'elsewhere'), folder);
    assert.throws(() => writePrivate(file, 'text'), /is a link/);
    assert.throws(() => readPrivate(file), /is a link/);
    assert.deepEqual(readdirSync(join(root, 'elsewhere')), []);
  });

  for (const mode of [0o640, 0o604, 0o620])
    it(`S-80 a file of mode ${mode.toString(8)} is refused`, () => {
      writePrivate(file, 'text');
      chmodSync(file, mode);
      assert.throws(() => readPrivate(file), /open to others/);
    });

  it('S-80 a folder that others can enter is refused', () => {
    writePrivate(file, 'text');
    chmodSync(folder, 0o755);
    assert.throws(() => readPrivate(file), /open to others \(mode 0755\)/);
    assert.throws(() => writePrivate(file, 'new'), /open to others/);
  });

  it('S-80 a pipe in its place is refused and does not hold us', () => {
    writePrivate(file, 'text');
    rmSync(file);
    execFileSync('mkfifo', ['-m', '600', file]);
    assert.throws(() => readPrivate(file), /is no file/);
  });
});
