/** The upper layer: the bundles, what they read at run time, and licences of what is in them. */
import type { BundledPackage } from './bundled-packages.ts';
import { fileTree, text, type FileTree } from './file-tree.ts';
import type { Licence } from './licences.ts';

export interface ShippedPackage extends BundledPackage {
  readonly licence: Licence;
}

export interface AppContents {
  /** Files for `/app` by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Our own licence. */
  readonly licence: string;
  readonly packages: readonly ShippedPackage[];
}

export function appTree({ files, licence, packages }: AppContents): FileTree {
  // A version may be installed twice, for two packages; its licence is the same.
  const licences = new Map(
    packages.map(({ name, version, licence }) => [
      `licenses/npm/${name}@${version}/LICENSE`,
      text(licence.text),
    ]),
  );
  return fileTree([
    ...[...files].map(([name, content]) => [`app/${name}`, { type: 'file', content }] as const),
    ['licenses/naas/LICENSE', text(licence)],
    ...licences,
  ]);
}
