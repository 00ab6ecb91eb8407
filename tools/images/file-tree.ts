/** What a file system holds, as values. Owner is always root; modes follow from the kind, so that nobody else writes. */

export type Entry =
  | { readonly type: 'directory' }
  | { readonly type: 'file'; readonly content: Uint8Array; readonly executable?: boolean }
  | { readonly type: 'link'; readonly target: string };

/** Entries by path; paths are relative to the root (`usr/bin/node`) and parents stand before their children. */
export type FileTree = ReadonlyMap<string, Entry>;

export const DIRECTORY: Entry = { type: 'directory' };

export const text = (content: string): Entry => ({ type: 'file', content: Buffer.from(content) });

/** Mode bits of an entry. */
export function modeOf(entry: Entry): number {
  if (entry.type === 'link') return 0o777;
  if (entry.type === 'directory') return 0o755;
  return entry.executable === true ? 0o755 : 0o644;
}

/**
 * A tree of entries in any order: sorted by bytes, missing parents added.
 *
 * @throws Error for a path that leaves the root, stands there twice or has a parent that is no directory.
 */
export function fileTree(entries: Iterable<readonly [string, Entry]>): FileTree {
  const tree = new Map<string, Entry>();
  for (const [path, entry] of entries) {
    const parts = path.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..'))
      throw new Error(`"${path}" is no path below the root of an image`);
    if (tree.has(path) && !(entry.type === 'directory' && tree.get(path)?.type === 'directory'))
      throw new Error(`"${path}" stands twice in an image`);
    tree.set(path, entry);
    for (let depth = 1; depth < parts.length; depth += 1) {
      const parent = parts.slice(0, depth).join('/');
      if (!tree.has(parent)) tree.set(parent, DIRECTORY);
    }
  }
  for (const path of tree.keys()) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent !== '' && tree.get(parent)?.type !== 'directory')
      throw new Error(`"${path}" is below "${parent}", which is no directory`);
  }
  return new Map([...tree].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
}
