/** Images as files: the OCI image layout, and the archive that `docker save` writes. */
import { descriptor, type Blob } from './blob.ts';
import { fileTree, text, type Entry, type FileTree } from './file-tree.ts';
import type { Image } from './image.ts';

/** A manifest or index that a layout lists, named or not. */
export interface Listed {
  readonly blob: Blob;
  /** Name and tag; without it the blob is found by digest only, as artifacts are. */
  readonly reference?: Reference;
}

export interface Reference {
  /** Such as `network.as.a.service/naas`. */
  readonly name: string;
  readonly tag: string;
}

/** An OCI image layout. A blob given twice is there once. */
export function ociLayout(listed: readonly Listed[], others: Iterable<Blob>): FileTree {
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: listed.map(({ blob, reference }) => ({ ...descriptor(blob), ...namedAs(reference) })),
  };
  const blobs = new Map(
    [...listed.map(({ blob }) => blob), ...others].map((blob) => [blobPath(blob), file(blob)]),
  );
  return fileTree([
    ['oci-layout', text('{"imageLayoutVersion":"1.0.0"}')],
    ['index.json', text(JSON.stringify(index))],
    ...blobs,
  ]);
}

/**
 * One image as an OCI layout that is also a Docker archive, as `docker save` writes since 25: whatever reads either form
 * takes it, and sees the same blobs.
 */
export function archiveTree(image: Image, reference: Reference): FileTree {
  const { manifest, config, layers } = image;
  const docker = [
    {
      Config: blobPath(config),
      RepoTags: [`${reference.name}:${reference.tag}`],
      Layers: layers.map(blobPath),
    },
  ];
  return fileTree([
    ...ociLayout([{ blob: manifest, reference }], [config, ...layers]),
    ['manifest.json', text(JSON.stringify(docker))],
  ]);
}

function namedAs(reference: Reference | undefined): object {
  if (reference === undefined) return {};
  const { name, tag } = reference;
  return {
    annotations: {
      'org.opencontainers.image.ref.name': tag,
      // containerd takes the whole name from here.
      'io.containerd.image.name': `${name}:${tag}`,
    },
  };
}

function blobPath({ digest }: Blob): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function file({ content }: Blob): Entry {
  return { type: 'file', content };
}
