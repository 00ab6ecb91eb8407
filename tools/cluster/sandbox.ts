/** The namespaces that a node lives in: network, mounts, processes, IPC and host name. They end with one process. */
import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Watchdog } from '../controlplane/watchdog.ts';

export interface Sandbox {
  /** Id of its first process, as the machine sees it. */
  readonly pid: number;
  /** Words that run a program in it, in front of the program's own. */
  readonly enter: readonly [command: string, ...words: string[]];
  /** Fulfilled when it is gone. */
  readonly ended: Promise<void>;
  /** Kills all that runs in it; its mounts, interfaces, addresses and rules go with it. */
  end(): Promise<void>;
}

const script = new URL('sandbox.sh', import.meta.url).pathname;

/**
 * @param options.holder program that holds the namespaces
 * @param options.logs folder that the node sees as /run/naas/logs
 * @throws Error with the words of what failed.
 */
export async function startSandbox(options: {
  holder: string;
  logs: string;
  watchdog: Pick<Watchdog, 'started' | 'ended'>;
}): Promise<Sandbox> {
  await mkdir(options.logs, { recursive: true, mode: 0o700 });
  const child = spawn(
    'unshare',
    [
      ...['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--mount-proc', '--kill-child=KILL'],
      ...['/bin/sh', script, options.logs, options.holder],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', detached: true },
  );
  let words = '';
  child.stderr.on('data', (chunk) => (words += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await once(child, 'spawn');
  const outer = child.pid ?? 0;
  options.watchdog.started(outer);
  void ended.then(() => options.watchdog.ended(outer));
  const lines = createInterface({ input: child.stdout });
  await Promise.race([once(lines, 'line'), ended]);
  const children = await readFile(`/proc/${outer}/task/${outer}/children`, 'utf8').catch(() => '');
  const pid = Number(children.trim());
  if (!Number.isInteger(pid) || pid <= 0) {
    child.kill('SIGKILL');
    throw new Error(`The namespaces of a node could not be made: ${words.trim()}`);
  }
  return {
    pid,
    enter: ['nsenter', `--target=${pid}`, '--net', '--mount', '--pid', '--ipc', '--uts', '--wd=/', '--'],
    ended,
    async end() {
      // The kernel ends all processes of the namespace with its first one.
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
      await ended;
    },
  };
}
