import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PinnedModule } from './binary.ts';
import { binaryCache } from './binary-source.ts';
import type { Machine } from './machine.ts';

/**
 * Lets `make` put files into a new folder and then moves those it names into the cache, each by one rename:
 * nobody ever finds half a binary there. The caller holds the module's lock: folders that an interrupted run
 * left are removed.
 * @param make gets the folder; returns the names of the finished files
 * @returns their paths in the cache
 */
export async function stage(
  module: PinnedModule,
  machine: Machine,
  make: (directory: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const target = binaryCache(module, machine);
  await mkdir(target, { recursive: true });
  const parent = dirname(target);
  const prefix = `.staging-${module.name}-`;
  const leftovers = (await readdir(parent)).filter((entry) => entry.startsWith(prefix));
  await Promise.all(leftovers.map((entry) => rm(join(parent, entry), { recursive: true, force: true })));
  const directory = await mkdtemp(join(parent, prefix));
  try {
    const names = await make(directory);
    const paths: string[] = [];
    for (const name of names) {
      const made = join(directory, name);
      await chmod(made, 0o755);
      await rename(made, join(target, name));
      paths.push(join(target, name));
    }
    return paths;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
