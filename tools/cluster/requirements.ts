/** What a machine must have to run nodes, each by name and with what to install. */
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hierarchies } from './cgroups.ts';
import { runCommand } from './run-command.ts';

/** Where distributions and Kubernetes put CNI plugins. */
const CNI_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const CNI_PLUGINS = ['host-local', 'loopback'];

/** Programs by the Debian package that has them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  conntrack: 'conntrack',
  ip: 'iproute2',
  ipset: 'ipset',
  iptables: 'iptables',
  nft: 'nftables',
  mount: 'mount',
  nsenter: 'util-linux',
  unshare: 'util-linux',
};

/** Each is tried in namespaces that end with the trial. */
const TRIALS: readonly { what: string; script: string }[] = [
  {
    what: 'namespaces for networks, mounts and processes (not in an unprivileged container)',
    script: 'mount -t tmpfs tmpfs /run',
  },
  { what: 'kernel feature veth (CONFIG_VETH)', script: 'ip link add one type veth peer name two' },
  { what: 'kernel feature nf_tables (CONFIG_NF_TABLES)', script: 'nft add table ip naas' },
  {
    what: 'kernel feature IP sets (CONFIG_IP_SET, CONFIG_NETFILTER_XT_SET)',
    script: 'ipset create naas hash:net && iptables -A FORWARD -m set --match-set naas src -j ACCEPT',
  },
  {
    what: 'kernel feature overlay on tmpfs (CONFIG_OVERLAY_FS, CONFIG_TMPFS_XATTR)',
    script:
      'mount -t tmpfs tmpfs /run && mkdir /run/a /run/b /run/c /run/d && mount -t overlay -o lowerdir=/run/a,upperdir=/run/b,workdir=/run/c overlay /run/d && mkdir /run/d/e && touch /run/a/f && rm /run/d/f',
  },
];

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Folder with the CNI plugins that nodes use; undefined if there is none. */
export async function cniPlugins(): Promise<string | undefined> {
  for (const folder of CNI_FOLDERS) {
    const names: string[] = await readdir(folder).catch(() => []);
    if (CNI_PLUGINS.every((name) => names.includes(name))) return folder;
  }
  return undefined;
}

async function onPath(program: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(':');
  for (const folder of [...folders, '/usr/sbin', '/sbin'])
    if (folder !== '' && (await exists(join(folder, program)))) return true;
  return false;
}

/** What this machine lacks, a line each; nothing: it can run nodes. */
export async function missing(): Promise<string[]> {
  if (process.platform !== 'linux') return ['Linux: nodes need its kernel'];
  if (process.getuid?.() !== 0)
    return ['root: nodes make namespaces and control groups (try: sudo make cluster)'];
  const lines: string[] = [];
  for (const [program, packageName] of Object.entries(PROGRAMS))
    if (!(await onPath(program))) lines.push(`${program} (Debian: apt-get install ${packageName})`);
  if ((await cniPlugins()) === undefined)
    lines.push(
      `CNI plugins ${CNI_PLUGINS.join(', ')} in ${CNI_FOLDERS.join(' or ')} (Debian: apt-get install containernetworking-plugins)`,
    );
  if (hierarchies(await readFile('/proc/self/mounts', 'utf8')).length === 0)
    lines.push('control groups, mounted at /sys/fs/cgroup');
  if (lines.length > 0) return lines;
  for (const { what, script } of TRIALS) {
    const words = [
      '--net',
      '--mount',
      '--pid',
      '--ipc',
      '--uts',
      '--fork',
      '--mount-proc',
      '/bin/sh',
      '-c',
      script,
    ];
    const problem = await runCommand('unshare', words).then(
      () => undefined,
      (error: Error) => error.message.split('\n').at(-1) ?? '',
    );
    if (problem !== undefined) lines.push(`${what}: ${problem}`);
  }
  return lines;
}

/** What to tell somebody whose machine lacks something. */
export const words = (lines: readonly string[]): string =>
  `This machine cannot run nodes. It lacks:\n${lines.map((line) => `  ${line}`).join('\n')}`;
