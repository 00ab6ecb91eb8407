/** Which libraries a program needs, as `ldd` would name them, found in packages instead of on this machine. */
import { posix } from 'node:path';
import { elfNeeds } from './elf.ts';
import type { Entry } from './file-tree.ts';

type Files = ReadonlyMap<string, Entry>;

/**
 * Entries that the program needs to start: libraries, what those need in turn, the dynamic linker, and the links that
 * lead to them.
 *
 * @param program content of the program
 * @param files what the packages install, by path; Debian has everything below `usr`
 * @throws Error that names a library which no package has.
 */
export function neededLibraries(program: Uint8Array, files: Files): Map<string, Entry> {
  const byName = new Map<string, string>();
  for (const path of files.keys())
    if (/^usr\/lib(64)?\/([^/]+-linux-gnu\/)?[^/]+$/.test(path)) byName.set(posix.basename(path), path);

  const needed = new Map<string, Entry>();
  const { interpreter, libraries } = elfNeeds(program);
  const wanted = [...libraries];
  if (interpreter !== undefined) follow(`usr${interpreter}`);
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const path = byName.get(name);
    if (path === undefined) throw new Error(`Node needs ${name}, which no package in debian-packages.ts has`);
    follow(path);
  }
  return needed;

  function follow(path: string): void {
    if (needed.has(path)) return;
    const entry = files.get(path);
    if (entry === undefined)
      throw new Error(`Node needs /${path}, which no package in debian-packages.ts has`);
    needed.set(path, entry);
    if (entry.type === 'link') follow(posix.join(posix.dirname(path), entry.target));
    if (entry.type === 'file') wanted.push(...elfNeeds(entry.content).libraries);
  }
}
