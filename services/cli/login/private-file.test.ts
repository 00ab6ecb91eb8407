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
import { Failure } from '../failure.ts';
import { readNamed, readPrivate, writePrivate } from './private-file.ts';

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

describe('a private file that a person keeps in a place of their own', () => {
  let named: string;
  beforeEach(() => {
    // As a home is.
    chmodSync(root, 0o755);
    named = join(root, 'secret');
    writeFileSync(named, 'text', { mode: 0o600 });
  });
  const refused = (message: RegExp, next: string) =>
    assert.throws(
      () => readNamed('--client-secret-file', named),
      (error) =>
        error instanceof Failure && message.test(error.message) && (assert.equal(error.next, next), true),
    );

  it('is read in a folder that others can enter', () =>
    assert.equal(readNamed('--client-secret-file', named), 'text'));

  it('that is not there is no error', () => {
    rmSync(named);
    assert.equal(readNamed('--client-secret-file', named), undefined);
  });

  it('S-80 and is open to others is refused, with the command that closes it', () => {
    chmodSync(named, 0o644);
    refused(
      /^--client-secret-file .*secret is open to others \(mode 0644\): it is not used/,
      `chmod 600 ${named}`,
    );
  });

  it('S-80 and is a link is refused: what it leads to may change', () => {
    symlinkSync(named, join(root, 'link'));
    named = join(root, 'link');
    refused(/link is a link/, 'name the file that it leads to');
  });

  it('S-80 and is a folder, a pipe or far too large is refused', () => {
    writeFileSync(named, Buffer.alloc(1024 * 1024 + 1));
    refused(/secret is far too large/, 'name a file that holds nothing but the secret');
    rmSync(named);
    execFileSync('mkfifo', ['-m', '600', named]);
    refused(/secret is no file/, 'name a file that holds nothing but the secret');
    rmSync(named);
    mkdirSync(named, { mode: 0o700 });
    refused(/secret is no file/, 'name a file that holds nothing but the secret');
  });
});

describe('what is wrong in the folder of logins', () => {
  for (const [what, spoil, next] of [
    ['a file', () => chmodSync(file, 0o644), () => `find out why, then rm ${file} and log in again`],
    [
      'the folder',
      () => chmodSync(folder, 0o755),
      () => `find out why, then mv ${folder} ${folder}.old and log in again`,
    ],
  ] as const)
    it(`is ${what}: it can be put away without losing anything else`, () => {
      writePrivate(file, 'text');
      spoil();
      assert.throws(
        () => readPrivate(file),
        (error) => error instanceof Failure && (assert.equal(error.next, next()), true),
      );
    });
});
