/** Builds the images and writes them: an OCI layout of all platforms, an archive and an SBOM of each, and their digests. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../controlplane/machine.ts';
import type { Blob } from './blob.ts';
import { app, base, readLockFile } from './contents.ts';
import { fileTree, type FileTree } from './file-tree.ts';
import type { Origin } from './image-config.ts';
import { image, imageIndex, sbomArtifact, type Image } from './image.ts';
import { layer } from './layer.ts';
import { archiveTree, ociLayout, type Listed, type Reference } from './layout.ts';
import { clearOutput } from './output-folder.ts';
import type { Platform } from './platform.ts';
import { sbom } from './sbom.ts';
import { writeTar } from './tar-writer.ts';
import { writeTree } from './write-tree.ts';

export interface BuildOptions {
  /** By name, such as `linux/amd64`. */
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Folder that is written anew; may hold an earlier build and nothing else. */
  readonly directory: string;
  /** Name of the image without a tag. */
  readonly name: string;
  readonly origin: Origin;
  readonly machine: Machine;
  readonly onProgress: (line: string) => void;
}

/** What `digests.json` holds. Digests are `sha256:` and hex, sizes are bytes, file names are relative to it. */
export interface Digests {
  readonly image: string;
  readonly tag: string;
  /** Of the index over all platforms: what a registry pins. */
  readonly digest: string;
  readonly platforms: Readonly<Record<string, PlatformDigests>>;
}

export interface PlatformDigests {
  /** Of the manifest: what an import of the archive pins. */
  readonly digest: string;
  readonly archive: string;
  readonly sbom: string;
  /** What a node pulls. */
  readonly compressed: number;
  /** What it takes on the node's disk. */
  readonly unpacked: number;
}

interface Built {
  readonly image: Image;
  readonly sbom: Buffer;
  readonly artifact: { readonly manifest: Blob; readonly blobs: readonly Blob[] };
  readonly digests: PlatformDigests;
}

/** @throws Error that names what could not be had, and what to do. */
export async function buildImages(options: BuildOptions): Promise<Digests> {
  const { directory, origin, machine, name } = options;
  await clearOutput(directory);
  const lock = await readLockFile();
  options.onProgress('Bundling the services');
  const services = await app(lock);
  const upper = await layer(services.tree, 'tools/images: the services');

  const built = new Map<string, Built>();
  for (const [platformName, platform] of options.platforms)
    built.set(platformName, await build(platformName, platform));

  const index = imageIndex([...built.values()].map(({ image }) => image));
  const tag = origin.version;
  const digests: Digests = {
    ...{ image: name, tag, digest: index.digest },
    platforms: Object.fromEntries([...built].map(([name, { digests }]) => [name, digests])),
  };
  options.onProgress(`Writing ${directory}`);
  await writeTree(layoutOfAll(index, [...built.values()], { name, tag }), join(directory, 'oci'));
  for (const { image, sbom, digests } of built.values()) {
    await writeFile(join(directory, digests.archive), writeTar(archiveTree(image, { name, tag })));
    await writeFile(join(directory, digests.sbom), sbom);
  }
  // Last: who finds it finds all the rest.
  await writeFile(join(directory, 'digests.json'), `${JSON.stringify(digests, null, 2)}\n`);
  return digests;

  async function build(platformName: string, platform: Platform): Promise<Built> {
    options.onProgress(`Making the image for ${platformName}`);
    const { tree, node, debian } = await base(platform, lock, machine);
    const layers = [await layer(tree, 'tools/images: Node and the libraries it needs'), upper];
    const made = image(platform, origin, layers);
    const { digest } = made.manifest;
    const bill = sbom({ platform, origin, digest, node, debian, packages: services.packages });
    const stem = `naas-${origin.version}-${platformName.replace('/', '-')}`;
    return {
      image: made,
      sbom: bill,
      artifact: sbomArtifact(made.manifest, bill),
      digests: {
        ...{ digest, archive: `${stem}.tar`, sbom: `${stem}.cdx.json` },
        compressed: layers.reduce((total, { blob }) => total + blob.content.length, 0),
        unpacked: layers.reduce((total, { unpacked }) => total + unpacked, 0),
      },
    };
  }
}

function layoutOfAll(index: Blob, built: readonly Built[], reference: Reference): FileTree {
  const listed: Listed[] = [
    { blob: index, reference },
    // Tools find what refers to an image by what the layout lists.
    ...built.map(({ artifact }) => ({ blob: artifact.manifest })),
  ];
  const others = built.flatMap(({ image, artifact }) => [
    image.manifest,
    image.config,
    ...image.layers,
    ...artifact.blobs,
  ]);
  return ociLayout(listed, others);
}

/** The whole file system of an image as one tree: what the Dockerfile copies. */
export async function stagedTree(platform: Platform, machine: Machine): Promise<FileTree> {
  const lock = await readLockFile();
  const [upper, lower] = [await app(lock), await base(platform, lock, machine)];
  return fileTree([...lower.tree, ...upper.tree]);
}
