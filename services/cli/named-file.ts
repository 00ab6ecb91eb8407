/** Files that a person, or a kubeconfig, names: what cannot be read is told by who named it. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../lib/kube/errors.ts';
import { Failure } from './failure.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EISDIR: 'it is a folder',
};

export interface NamedFile {
  /** What names it, such as `--issuer-ca`. */
  readonly what: string;
  readonly file: string;
  /** The command, or the step, that names another one. */
  readonly next: string;
}

/** @throws Failure that says what named the file, and why it cannot be read */
export async function readNamedFile(named: NamedFile): Promise<string> {
  try {
    return await readFile(named.file, 'utf8');
  } catch (error) {
    throw unreadable(named, error);
  }
}

/** What the system says of a file, in words. */
export function unreadable({ what, file, next }: NamedFile, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code] ?? messageOf(error);
  return new Failure(`${what} ${file} cannot be read: ${reason}`, { next, cause: error });
}
