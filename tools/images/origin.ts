/** Where the sources come from, as the image's labels tell it. */
import { readFile } from 'node:fs/promises';
import type { Machine } from '../controlplane/machine.ts';
import type { Origin } from './image-config.ts';

const ROOT = new URL('../../', import.meta.url);

/**
 * Version of package.json, commit of git, and the time of `SOURCE_DATE_EPOCH`: 1970 without it, so that the digest says
 * what is in the image and not when it was made.
 */
export async function readOrigin(
  machine: Machine,
  given: { revision: string | undefined; source: string | undefined },
): Promise<Origin> {
  const { version } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as {
    version: string;
  };
  return {
    version,
    revision: given.revision ?? (await commit(machine)),
    source: given.source,
    created: time(machine.env['SOURCE_DATE_EPOCH']),
  };
}

/** @throws Error if it is not a number of seconds. */
export function time(epoch: string | undefined): string {
  const seconds = Number(epoch || '0');
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > 253_402_300_799)
    throw new Error(`SOURCE_DATE_EPOCH is "${epoch}", must be seconds since 1970, such as 1700000000`);
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}

/** Undefined where the sources are not in git. A tree with changes is no commit: `-modified` tells. */
async function commit(machine: Machine): Promise<string | undefined> {
  const git = (...words: string[]) =>
    machine.run('git', words, { directory: ROOT.pathname }).catch(() => undefined);
  const head = await git('rev-parse', 'HEAD');
  const status = await git('status', '--porcelain');
  if (head?.code !== 0 || status?.code !== 0) return undefined;
  return `${head.stdout.trim()}${status.stdout.trim() === '' ? '' : '-modified'}`;
}
