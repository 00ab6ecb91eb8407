import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What a build leaves in its folder. */
const OURS = /^(oci|digests\.json|naas-.*\.(tar|cdx\.json))$/;

/**
 * Makes the folder, or removes what an earlier build left there, whole or not.
 *
 * @throws Error if it holds anything else: nothing is removed then.
 */
export async function clearOutput(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const names = await readdir(directory);
  const foreign = names.find((name) => !OURS.test(name));
  if (foreign !== undefined)
    throw new Error(`${directory} holds "${foreign}", which no build wrote: name an empty folder with --out`);
  await Promise.all(names.map((name) => rm(join(directory, name), { recursive: true })));
}
