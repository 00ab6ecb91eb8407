/** The kubeconfig that a login reads and writes: one file. */
import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { unreadable } from '../named-file.ts';
import { replaceFile } from './private-file.ts';

/** @throws Failure if several are named */
export function kubeconfigPath(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const named = option ?? environment['KUBECONFIG'];
  if (!named) return join(environment['HOME'] ?? homedir(), '.kube', 'config');
  if (option === undefined && named.split(delimiter).filter(Boolean).length > 1)
    throw new Failure('KUBECONFIG names several files', {
      next: 'say which one to write: --kubeconfig FILE',
    });
  return resolve(named);
}

/** Text of the file; `''` if there is none. */
export function readKubeconfig(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw unreadable({ what: 'The kubeconfig', file, next: 'use another by --kubeconfig FILE' }, error);
  }
}

/** Replaces the file as a whole, for its owner only. A link stays a link: what it leads to is replaced. */
export function writeKubeconfig(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  replaceFile(targetOf(file), text);
}

function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
