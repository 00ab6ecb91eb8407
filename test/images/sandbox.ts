/**
 * Runs an image as a kubelet would for a Pod under the standard `restricted`: the user of the image, no capabilities, no
 * new privileges, a root file system that is read-only, process ids of its own. What is missing of a container: seccomp
 * and cgroups. Needs root and util-linux.
 */
import { execFile, spawn } from 'node:child_process';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { writeTree } from '../../tools/images/write-tree.ts';
import type { BuiltImage } from './built-image.ts';

/** Why it cannot be done on this machine; false where it can. */
export async function sandboxProblem(): Promise<string | false> {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root, to make a read-only root file system';
  const tried = await promisify(execFile)('unshare', [
    '--mount',
    '--pid',
    '--fork',
    'setpriv',
    '--version',
  ]).catch((error: Error) => error.message);
  return typeof tried === 'string' ? `needs unshare and setpriv of util-linux: ${tried}` : false;
}

/** Writes the files of an image into a folder, and what a runtime adds. */
export async function unpack(image: BuiltImage, root: string): Promise<void> {
  await writeTree(new Map(image.layers.flat().map(({ path, entry }) => [path, entry])), root);
  // A kubelet mounts these two files.
  await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
  await writeFile(join(root, 'etc/resolv.conf'), '');
}

export interface Running {
  /** First line of the output that fits, as JSON. @throws Error with the output if it ends without one. */
  line(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Sends SIGTERM to the process in the image. */
  terminate(): Promise<void>;
  /** Ends all of it at once. */
  kill(): void;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

export interface SandboxOptions {
  readonly root: string;
  readonly image: BuiltImage;
  /** Arguments after the entry point. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files to put in by path, as a Secret is mounted: for the user of the image alone. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The script's arguments: root, user, group, then the command. In the image is no shell: the host's makes the mounts. */
const SCRIPT = `set -e
root=$1 user=$2 group=$3; shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro,nosuid,nodev "$root"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o size=16m,nosuid,nodev tmpfs "$root/tmp"
exec unshare --root "$root" --wd / --setgroups allow --setgid "$group" --setuid "$user" "$@"
`;

/** Starts the image's entry point. */
export async function start(options: SandboxOptions): Promise<Running> {
  const { root, image, args, env = {}, files = {} } = options;
  const { User, Entrypoint, Env } = image.config.config;
  const [user = '', group = ''] = User.split(':');
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o400 });
    await chown(file, Number(user), Number(group));
  }
  const isolation = ['--mount', '--propagation', 'private', '--pid', '--ipc', '--fork', '--kill-child'];
  const script = ['sh', '-c', SCRIPT, 'sandbox', root, user, group, ...Entrypoint, ...args];
  const words = ['--no-new-privs', '--clear-groups', '--inh-caps=-all', 'unshare', ...isolation, ...script];
  // The environment is the image's and the Pod's; that of the tests would hide what is missing.
  const own = Object.fromEntries(Env.map((line) => line.split(/=(.*)/s)));
  const child = spawn('/usr/bin/setpriv', words, {
    env: { ...own, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const look of waiting) look();
    });
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );

  return {
    ended,
    kill: () => child.kill('SIGKILL'),
    async terminate() {
      // setpriv became unshare; its child is process 1 inside.
      const [inside = ''] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(
        ' ',
      );
      process.kill(Number(inside), 'SIGTERM');
    },
    line: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = jsonLines(output).find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(({ code }) => reject(new Error(`Ended with ${code}:\n${output}`)));
      }),
  };
}

function jsonLines(output: string): Record<string, unknown>[] {
  const whole = output.slice(0, output.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
