/** Brings together what an image holds: the two trees, and the materials they are made of. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWithSources } from '../build/bundle.ts';
import type { Machine } from '../controlplane/machine.ts';
import { appTree, type ShippedPackage } from './app-tree.ts';
import { baseTree } from './base-tree.ts';
import { bundledPackages } from './bundled-packages.ts';
import { downloadDebian } from './debian-download.ts';
import { debianPackages, type DebianPackage } from './debian-packages.ts';
import { unpackDebian } from './debian-unpack.ts';
import type { FileTree } from './file-tree.ts';
import { licenceOf } from './licences.ts';
import { lockedPackage, parseLockFile, type LockedPackage, type LockFile } from './lock-file.ts';
import { downloadNode } from './node-download.ts';
import type { Platform } from './platform.ts';

/** The repository. */
const ROOT = new URL('../../', import.meta.url).pathname;

export interface App {
  readonly tree: FileTree;
  readonly packages: readonly ShippedPackage[];
}

export interface Base {
  readonly tree: FileTree;
  readonly node: LockedPackage;
  readonly debian: readonly DebianPackage[];
}

export async function readLockFile(): Promise<LockFile> {
  return parseLockFile(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
}

/** Builds the services. The same for all platforms. */
export async function app(lock: LockFile): Promise<App> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-bundles-'));
  try {
    const { outputs } = await bundleWithSources(directory);
    const packages = await Promise.all(
      bundledPackages(outputs, lock).map(async (bundled) => ({
        ...bundled,
        licence: await licenceOf(ROOT, bundled),
      })),
    );
    const files = new Map<string, Uint8Array>();
    for (const name of await readdir(directory)) files.set(name, await readFile(join(directory, name)));
    const licence = await readFile(join(ROOT, 'LICENSE'), 'utf8');
    return { tree: appTree({ files, licence, packages }), packages };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Gets Node and the libraries that it needs. */
export async function base(platform: Platform, lock: LockFile, machine: Machine): Promise<Base> {
  const debian = debianPackages(platform.architecture);
  const node = await downloadNode(platform.nodePackage, lock, machine);
  const unpacked = await Promise.all(
    debian.map(
      async (wanted) =>
        [wanted.name, await unpackDebian(await downloadDebian(wanted, machine), machine)] as const,
    ),
  );
  return {
    tree: baseTree(node, new Map(unpacked)),
    node: lockedPackage(lock, `node_modules/${platform.nodePackage}`),
    debian,
  };
}
