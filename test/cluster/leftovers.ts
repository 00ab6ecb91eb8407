/** What a cluster would leave on the machine. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { groupName, hierarchies } from '../../tools/cluster/cgroups.ts';
import { runCommand } from '../../tools/cluster/run-command.ts';

/** What a machine has that clusters could add to, a line each. */
export interface MachineState {
  readonly interfaces: readonly string[];
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly rules: readonly string[];
  readonly mounts: readonly string[];
  readonly networkNamespaces: readonly string[];
  readonly settings: readonly string[];
  readonly files: readonly string[];
}

/** Settings of the kernel that kubelet and kube-proxy change where they may. */
const SETTINGS = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'net/ipv4/ip_forward',
];
/** Where Kubernetes and containerd keep things unless told otherwise. */
const FOLDERS = [
  '/run',
  '/opt',
  '/var/lib',
  '/var/log',
  '/var/lib/cni',
  '/var/lib/kubelet',
  '/var/log/pods',
  '/var/log/containers',
];

const sorted = (lines: readonly string[]) => [...new Set(lines)].filter((line) => line !== '').sort();
const ip = async (...words: string[]) =>
  JSON.parse(await runCommand('ip', ['-json', ...words])) as Record<string, unknown>[];

/** Namespaces of networks in which a process lives. */
async function networkNamespaces(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readlink(`/proc/${pid}/ns/net`).catch(() => '')));
}

export async function machineState(): Promise<MachineState> {
  const links = await ip('link');
  const rules = await runCommand('nft', ['list', 'tables']);
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  return {
    interfaces: sorted(links.map(({ ifname }) => String(ifname))),
    addresses: sorted(
      (await ip('address')).flatMap(({ addr_info: all }) =>
        (all as { local: string }[]).map(({ local }) => local),
      ),
    ),
    routes: sorted(
      (await ip('route', 'show', 'table', 'all')).map(({ dst, dev }) => `${String(dst)} ${String(dev)}`),
    ),
    rules: sorted(rules.split('\n')),
    mounts: sorted(mounts.split('\n').map((line) => line.split(' ').slice(0, 3).join(' '))),
    networkNamespaces: sorted(await networkNamespaces()),
    settings: await Promise.all(
      SETTINGS.map(async (name) => `${name} ${(await readFile(`/proc/sys/${name}`, 'utf8')).trim()}`),
    ),
    files: sorted(
      (
        await Promise.all(
          FOLDERS.map(async (folder) => {
            const names: string[] = await readdir(folder).catch(() => []);
            return names.map((name) => `${folder}/${name}`);
          }),
        )
      ).flat(),
    ),
  };
}

/** What `after` has that `before` had not, a line each. What others took away meanwhile is theirs. */
export function added(before: MachineState, after: MachineState): string[] {
  return (Object.keys(after) as (keyof MachineState)[]).flatMap((kind) =>
    after[kind].filter((line) => !before[kind].includes(line)).map((line) => `${kind}: ${line}`),
  );
}

/** Processes that work on the files of a cluster. */
export async function processesOf(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (Number(pid) !== process.pid && command.includes(directory)) found.push(command.replaceAll('\0', ' '));
  }
  return found;
}

/** Control groups of a cluster. */
export async function groupsOf(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const { path } of hierarchies(await readFile('/proc/self/mounts', 'utf8')))
    if ((await readdir(path)).includes(groupName(directory))) found.push(path);
  return found;
}
