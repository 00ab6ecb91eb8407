import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface FolderSize {
  readonly files: number;
  /** MiB. */
  readonly size: number;
}

/** Everything below a folder; what vanishes meanwhile is not counted. */
export async function folderSize(folder: string): Promise<FolderSize> {
  let files = 0;
  let bytes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const stats = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (stats === undefined) continue;
    files += 1;
    bytes += stats.size;
  }
  return { files, size: bytes / 2 ** 20 };
}
