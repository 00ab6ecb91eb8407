import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modeOf, type FileTree } from './file-tree.ts';

/** Writes a tree into a folder, which must not hold any of it yet. Files belong to whoever runs this. */
export async function writeTree(tree: FileTree, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [path, entry] of tree) {
    const target = join(directory, path);
    if (entry.type === 'link') {
      await symlink(entry.target, target);
      continue;
    }
    if (entry.type === 'directory') await mkdir(target, { recursive: true });
    else await writeFile(target, entry.content, { flag: 'wx' });
    // Whatever the umask is.
    await chmod(target, modeOf(entry));
  }
}
