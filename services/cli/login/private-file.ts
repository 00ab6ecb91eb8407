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

/** What is wrong with a file, and what to do where the person keeps it in a place of their own. */
interface Flaw {
  readonly what: string;
  advice(file: string): string;
}

const another = () => 'name a file that holds nothing but the secret';
const LINK: Flaw = { what: 'is a link', advice: () => 'name the file that it leads to' };
const NO_FILE: Flaw = { what: 'is no file', advice: another };
const TOO_LARGE: Flaw = { what: 'is far too large', advice: another };

/**
 * Text of a private file of ours; undefined if there is none.
 *
 * @throws Failure if it, or its folder, is a link, somebody else's, or open to others
 */
export function readPrivate(file: string): string | undefined {
  if (!checkFolder(dirname(file))) return undefined;
  return readIfOwn(file, ({ what }) => unsafe(file, what, 'rm'));
}

/**
 * Text of a private file that a person names; undefined if there is none. Its folder is theirs to judge: homes are
 * often open to others.
 *
 * @param what names it, such as `--client-secret-file`
 * @throws Failure if it is a link, somebody else's, or open to others; the system's error if it cannot be opened
 */
export function readNamed(what: string, file: string): string | undefined {
  return readIfOwn(
    file,
    (flaw) => new Failure(`${what} ${file} ${flaw.what}: it is not used`, { next: flaw.advice(file) }),
  );
}

function readIfOwn(file: string, refusal: (flaw: Flaw) => Failure): string | undefined {
  const descriptor = openIfThere(file, refusal);
  if (descriptor === undefined) return undefined;
  try {
    const found = fstatSync(descriptor);
    const flaw = !found.isFile()
      ? NO_FILE
      : (ownerFlaw(found) ?? (found.size > MOST_BYTES ? TOO_LARGE : undefined));
    if (flaw !== undefined) throw refusal(flaw);
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

function openIfThere(file: string, refusal: (flaw: Flaw) => Failure): number | undefined {
  try {
    // Not blocking: a pipe in its place must not hold us for ever.
    return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw refusal(LINK);
    throw error;
  }
}

/** Whether the folder is there. */
function checkFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const what = found.isSymbolicLink()
    ? LINK.what
    : found.isDirectory()
      ? ownerFlaw(found)?.what
      : 'is no folder';
  if (what !== undefined) throw unsafe(folder, what, 'mv');
  return true;
}

function ownerFlaw({ uid, mode }: Stats): Flaw | undefined {
  const me = process.getuid?.();
  // Windows has neither: there the user's profile is closed to others.
  if (me === undefined) return undefined;
  if (uid !== me)
    return { what: 'belongs to somebody else', advice: () => 'name a copy that is yours, of mode 0600' };
  if ((mode & 0o077) === 0) return undefined;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return { what: `is open to others (mode ${octal})`, advice: (file) => `chmod 600 ${file}` };
}

/** In the folder of logins. It may be any folder that `NAAS_LOGIN_FOLDER` names: put away, it is not lost. */
function unsafe(path: string, what: string, command: 'rm' | 'mv'): Failure {
  const words = command === 'rm' ? `rm ${path}` : `mv ${path} ${path}.old`;
  return new Failure(`${path} ${what}: it is not used`, {
    next: `find out why, then ${words} and log in again`,
  });
}
