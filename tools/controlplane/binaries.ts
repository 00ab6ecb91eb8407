import { join } from 'node:path';
import { withLock } from '../../lib/process/file-lock.ts';
import { self } from '../../lib/process/process-identity.ts';
import { binaryOf, readModule, type Binary, type BinaryName, type ModuleName } from './binary.ts';
import { fromAssets, fromCache, fromPath, type BinarySource, type Search } from './binary-source.ts';
import { fromGo } from './go-build.ts';
import { cacheDirectory, thisMachine, type Machine } from './machine.ts';
import { fromDownload } from './official-download.ts';

/** Places that cost nothing, in order. */
const AT_HAND: readonly BinarySource[] = [fromAssets, fromPath, fromCache];
/** Places that cost minutes; the cache first, since another process may have filled it while this one waited. */
const TO_FETCH: readonly BinarySource[] = [fromCache, fromDownload, fromGo];

/** One line that says which binary cannot be had and what was tried. */
export class BinaryError extends Error {
  override name = 'BinaryError';
}

/** Path of one binary; see {@link findBinaries}. */
export async function findBinary(
  name: BinaryName,
  onProgress: (line: string) => void = () => undefined,
): Promise<string> {
  return (await findBinaries([name], onProgress))[name];
}

/**
 * Paths of binaries: from `KUBEBUILDER_ASSETS` and `PATH` if the minor version is right, else from the cache,
 * else downloaded from the official releases, else built by Go.
 * @param onProgress lines for the terminal; silent when all is at hand
 * @throws BinaryError
 */
export async function findBinaries<N extends BinaryName>(
  names: readonly N[],
  onProgress: (line: string) => void = () => undefined,
  machine: Machine = thisMachine(),
): Promise<Record<N, string>> {
  const found = new Map<BinaryName, string>();
  const byModule = Map.groupBy(names.map(binaryOf), ({ module }) => module);
  // One module after the other: a build uses all cores by itself.
  for (const [module, wanted] of byModule) {
    for (const [name, path] of await findOfModule(module, wanted, machine, onProgress)) found.set(name, path);
  }
  return Object.fromEntries(found) as Record<N, string>;
}

async function findOfModule(
  name: ModuleName,
  wanted: readonly Binary[],
  machine: Machine,
  onProgress: (line: string) => void,
): Promise<Map<BinaryName, string>> {
  const search: Search = { module: await readModule(name), machine, onProgress };
  const paths = new Map<BinaryName, string>();
  const reasons: string[] = [];
  const ask = async (sources: readonly BinarySource[]) => {
    for (const source of sources) {
      const missing = wanted.filter((binary) => !paths.has(binary.name));
      if (missing.length === 0) return;
      const found = await source(missing, search);
      for (const [binary, path] of found.paths) paths.set(binary, path);
      reasons.push(...found.missing);
    }
  };

  await ask(AT_HAND);
  if (paths.size === wanted.length) return paths;
  const lock = join(cacheDirectory(machine), 'binaries', `${name}.lock`);
  const onWait = (holder: number) =>
    onProgress(`waiting for process ${holder}, which is getting ${name} too`);
  await withLock(lock, await self(), onWait, () => ask(TO_FETCH));
  const missing = wanted.filter((binary) => !paths.has(binary.name));
  if (missing.length === 0) return paths;
  const what = missing.map((binary) => binary.name).join(', ');
  throw new BinaryError(
    `cannot get ${what} ${search.module.version}: ${[...new Set(reasons)].join('; ')}. ` +
      `Install Go, or set KUBEBUILDER_ASSETS to a folder that has ${missing.length === 1 ? 'it' : 'them'}.`,
  );
}
