/** Images as they were built, read back from their files alone. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import { readTar, type TarMember } from '../../tools/images/tar-reader.ts';
import type { Digests } from '../../tools/images/build.ts';

export const ROOT = new URL('../../', import.meta.url).pathname;

/** Builds by the command that `make images` runs; arguments are those of tools/images/main.ts. */
export async function build(directory: string, words: readonly string[], root = ROOT): Promise<Digests> {
  const out = ['--out', directory, '--revision', 'test', ...words];
  // The folder from which it is called must not matter.
  await promisify(execFile)(process.execPath, [join(root, 'tools/images/main.ts'), ...out], {
    cwd: tmpdir(),
  });
  return JSON.parse(await readFile(join(directory, 'digests.json'), 'utf8')) as Digests;
}

/** A folder that is gone after the tests of the file. */
export async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-images-'));
  after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
}

export interface ImageConfig {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

export interface BuiltImage {
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  /** Members of each layer, lower first. */
  readonly layers: readonly (readonly TarMember[])[];
}

/** Reads an image of an OCI layout. @throws Error if a blob is not what its digest says. */
export async function readImage(layout: string, digest: string): Promise<BuiltImage> {
  const manifest = JSON.parse((await blob(digest)).toString()) as Manifest;
  const config = JSON.parse((await blob(manifest.config.digest)).toString()) as ImageConfig;
  const layers = [];
  for (const [index, { digest }] of manifest.layers.entries()) {
    const tar = zstdDecompressSync(await blob(digest));
    check(tar, config.rootfs.diff_ids[index]);
    layers.push([...readTar(tar)]);
  }
  return { manifest, config, layers };

  async function blob(digest: string): Promise<Buffer> {
    const content = await readFile(join(layout, 'blobs', digest.replace(':', '/')));
    check(content, digest);
    return content;
  }
}

function check(content: Uint8Array, digest: string | undefined): void {
  const found = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  if (found !== digest) throw new Error(`A blob has digest ${found}, not ${digest}`);
}
