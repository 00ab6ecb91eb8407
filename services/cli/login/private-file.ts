/**
 * Files that only their owner may read: a folder 0700, files 0600, replaced as a whole. Whatever looks as if
 * somebody else had a hand in it is refused (S-80). Synchronous: it is all that the cached path of `token` waits for.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../failure.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const MOST_BYTES = 1024 * 1024;

/**
 * Text of a private file; undefined if there is none.
 *
 * @throws Failure if it, or its folder, is a link, somebody else's, or open to others
 */
export function readPrivate(file: string): string | undefined {
  if (!checkFolder(dirname(file))) return undefined;
  const descriptor = openIfThere(file);
  if (descriptor === undefined) return undefined;
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw unsafe(file, 'is no file');
    checkOwner(file, found);
    if (found.size > MOST_BYTES) throw unsafe(file, 'is far too large');
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Puts a private file in place, as a whole or not at all; its folder is made if need be.
 *
 * @throws Failure as `readPrivate`; the system's error when there is no room
 */
export function writePrivate(file: string, text: string): void {
  makePrivateFolder(dirname(file));
  replaceFile(file, text);
}

/** @throws Failure if the folder is there and is not ours alone */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  checkFolder(folder);
}

/** Names in a private folder; none if there is no such folder. */
export function listPrivate(folder: string): string[] {
  return checkFolder(folder) ? readdirSync(folder) : [];
}

/** Replaces a file as a whole, readable by its owner only; whatever stands in its place, a link too, is replaced. */
export function replaceFile(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}`;
  const descriptor = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function openIfThere(file: string): number | undefined {
  try {
    // Not blocking: a pipe in its place must not hold us for ever.
    return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw unsafe(file, 'is a link');
    throw error;
  }
}

/** Whether the folder is there. */
function checkFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (!found.isDirectory()) throw unsafe(folder, found.isSymbolicLink() ? 'is a link' : 'is no folder');
  checkOwner(folder, found);
  return true;
}

function checkOwner(path: string, { uid, mode }: Stats): void {
  const me = process.getuid?.();
  // Windows has neither: there the user's profile is closed to others.
  if (me === undefined) return;
  if (uid !== me) throw unsafe(path, 'belongs to somebody else');
  if ((mode & 0o077) !== 0)
    throw unsafe(path, `is open to others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`);
}

function unsafe(path: string, what: string): Failure {
  return new Failure(`${path} ${what}: it is not used`, {
    next: `find out why, remove it, and log in again (rm -r ${path})`,
  });
}
