/** Control groups of a cluster's nodes, in every hierarchy of this machine (version 1, 2, or both). */
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const MOUNTS = '/proc/self/mounts';
const REMOVE_MS = 10_000;
/** What kubelet shares out; others stay as they are. */
const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'pids'];

interface Hierarchy {
  readonly path: string;
  readonly version: 1 | 2;
}

/** Hierarchies that a text like /proc/mounts names. */
export function hierarchies(mounts: string): Hierarchy[] {
  return mounts.split('\n').flatMap((line): Hierarchy[] => {
    const [, path = '', type = ''] = line.split(' ');
    if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return [];
    if (type === 'cgroup') return [{ path, version: 1 }];
    return type === 'cgroup2' ? [{ path, version: 2 }] : [];
  });
}

/** Name of the group that holds all of a cluster; the same for the same folder. */
export function groupName(directory: string): string {
  return `naas-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
}

const here = async (): Promise<Hierarchy[]> => hierarchies(await readFile(MOUNTS, 'utf8'));

/** Makes a group such as `naas-0123/node-1` in every hierarchy. */
export async function makeGroup(name: string): Promise<void> {
  for (const { path, version } of await here()) {
    let group = path;
    for (const part of name.split('/')) {
      if (version === 2) await enableControllers(group);
      const parent = group;
      group = join(group, part);
      await mkdir(group, { recursive: true });
      // Version 1: a new group has no processors and no memory until somebody says which.
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        if (version === 2 || !(await exists(join(group, file)))) continue;
        await writeFile(join(group, file), await readFile(join(parent, file)));
      }
    }
  }
}

async function enableControllers(group: string): Promise<void> {
  const available = (await readFile(join(group, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  const wanted = CONTROLLERS.filter((name) => available.includes(name));
  if (wanted.length > 0)
    await writeFile(join(group, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '));
}

/** Removes a group and all below it; its processes must have ended. Nothing happens if there is none. */
export async function removeGroup(name: string): Promise<void> {
  const deadline = Date.now() + REMOVE_MS;
  for (const { path } of await here()) {
    for (;;) {
      try {
        await removeTree(join(path, name));
        break;
      } catch (error) {
        // A process that was killed counts until its parent has buried it.
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

async function removeTree(group: string): Promise<void> {
  if (!(await exists(group))) return;
  for (const entry of await readdir(group, { withFileTypes: true }))
    if (entry.isDirectory()) await removeTree(join(group, entry.name));
  await rmdir(group);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
