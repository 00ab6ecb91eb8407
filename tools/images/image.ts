/** Images as blobs: OCI image specification 1.1. */
import { blob, descriptor, jsonBlob, type Blob } from './blob.ts';
import { imageConfig, type Origin } from './image-config.ts';
import type { Layer } from './layer.ts';
import type { Platform } from './platform.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const SBOM = 'application/vnd.cyclonedx+json';

export interface Image {
  readonly platform: Platform;
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

export function image(platform: Platform, origin: Origin, layers: readonly Layer[]): Image {
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', imageConfig(platform, origin, layers));
  const blobs = layers.map((layer) => layer.blob);
  const manifest = jsonBlob(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor(config),
    layers: blobs.map(descriptor),
  });
  return { platform, manifest, config, layers: blobs };
}

/** The images of all platforms under one digest. */
export function imageIndex(images: readonly Image[]): Blob {
  return jsonBlob(INDEX, {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: images.map(({ platform, manifest }) => ({
      ...descriptor(manifest),
      platform: { architecture: platform.architecture, os: platform.os },
    })),
  });
}

/** An SBOM as an artifact that refers to its image: registries list it among the image's referrers. */
export function sbomArtifact(subject: Blob, sbom: Uint8Array): { manifest: Blob; blobs: readonly Blob[] } {
  const empty = blob('application/vnd.oci.empty.v1+json', Buffer.from('{}'));
  const content = blob(SBOM, sbom);
  const manifest = jsonBlob(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: SBOM,
    config: descriptor(empty),
    layers: [descriptor(content)],
    subject: descriptor(subject),
  });
  return { manifest, blobs: [empty, content] };
}
