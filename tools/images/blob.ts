import { createHash } from 'node:crypto';

/** Content with what OCI's descriptors say of it. */
export interface Blob {
  readonly mediaType: string;
  /** `sha256:` and hex. */
  readonly digest: string;
  readonly content: Uint8Array;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export function blob(mediaType: string, content: Uint8Array): Blob {
  return { mediaType, digest: digestOf(content), content };
}

export function jsonBlob(mediaType: string, value: unknown): Blob {
  return blob(mediaType, Buffer.from(JSON.stringify(value)));
}

export function descriptor({ mediaType, digest, content }: Blob): Descriptor {
  return { mediaType, digest, size: content.length };
}

export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
