import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { blob, digestOf, type Blob } from './blob.ts';
import type { FileTree } from './file-tree.ts';
import type { LayerDigest } from './image-config.ts';
import { writeTar } from './tar-writer.ts';

/** 19 would take ten times as long for an eighth less. */
const LEVEL = 12;

export interface Layer extends LayerDigest {
  readonly blob: Blob;
  /** Bytes of the uncompressed archive. */
  readonly unpacked: number;
}

/**
 * A tree as a layer. Compressed by zstd, whose output depends on its version and level only; that of Node's gzip depends
 * on the processor too.
 */
export async function layer(tree: FileTree, comment: string): Promise<Layer> {
  const tar = writeTar(tree);
  const compressed = await promisify(zstdCompress)(tar, {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  return {
    comment,
    diffId: digestOf(tar),
    blob: blob('application/vnd.oci.image.layer.v1.tar+zstd', compressed),
    unpacked: tar.length,
  };
}
