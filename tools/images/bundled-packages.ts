/** Which npm packages the bundles truly contain: what esbuild wrote, not what is installed. */
import type { Metafile } from 'esbuild';
import { lockedPackage, type LockedPackage, type LockFile } from './lock-file.ts';

export interface BundledPackage extends LockedPackage {
  readonly name: string;
  /** Folder relative to the repository, such as `node_modules/undici`. */
  readonly path: string;
  /** Names of the bundles that hold code of it, sorted. */
  readonly bundles: readonly string[];
}

/**
 * Packages with at least one byte in a bundle, sorted by folder.
 *
 * @throws Error for a package that the lock file does not have.
 */
export function bundledPackages(outputs: Metafile['outputs'], lock: LockFile): BundledPackage[] {
  const bundles = new Map<string, Set<string>>();
  for (const [output, { inputs }] of Object.entries(outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const path = packageOf(input);
      if (path === undefined || bytesInOutput === 0) continue;
      const names = bundles.get(path) ?? new Set();
      bundles.set(path, names.add(output.slice(output.lastIndexOf('/') + 1)));
    }
  }
  return [...bundles]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, names]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      path,
      bundles: [...names].sort(),
      ...lockedPackage(lock, path),
    }));
}

/** Folder of the innermost package that a source is of; undefined for sources of ours. */
function packageOf(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}
