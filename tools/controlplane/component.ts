import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A process of the control plane. */
export interface Component {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Fulfilled with words about how it ended, such as "exited with code 1". */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** SIGTERM; after `deadlineMs` SIGKILL. Fulfilled when the process is gone. */
  stop(deadlineMs: number): Promise<void>;
}

/** A component that ended when it should run. */
export class ComponentError extends Error {
  override name = 'ComponentError';
  /** The end of its log. */
  readonly log: string;
  constructor(component: Component, how: string, log: string) {
    super(`${component.name} ${how}. The end of ${component.logFile}:\n${log}`);
    this.log = log;
  }
}

/**
 * Starts a binary whose output goes to `<logs>/<name>.log`; the log of the run before stays beside it.
 * The process has a session of its own: a Ctrl-C in the terminal reaches its owner only, who stops all in order.
 */
export async function startComponent(options: {
  name: string;
  binary: string;
  flags: Readonly<Record<string, string>>;
  logs: string;
  directory: string;
}): Promise<Component> {
  const logFile = join(options.logs, `${options.name}.log`);
  await rename(logFile, join(options.logs, `${options.name}.previous.log`)).catch(() => undefined);
  const log = await open(logFile, 'w', 0o600);
  const flags = Object.entries(options.flags).map(([flag, value]) => `--${flag}=${value}`);
  const child = spawn(options.binary, flags, {
    cwd: options.directory,
    // Nothing of the caller's environment: proxies or cloud settings must not change what runs.
    env: { PATH: '/usr/bin:/bin', HOME: options.directory },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  let how: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
      resolve(how);
    });
  });
  try {
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  // A caller that forgets to stop must be able to end; the watchdog then stops the process.
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.binary} has no process id`);

  return {
    name: options.name,
    pid,
    logFile,
    ended,
    isRunning: () => how === undefined,
    async stop(deadlineMs) {
      if (how !== undefined) return;
      child.ref();
      child.kill('SIGTERM');
      const late = new AbortController();
      const killed = delay(deadlineMs, undefined, { signal: late.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      await ended;
      late.abort();
      await killed;
    },
  };
}

/** Waits until `ready` says so; throws with the end of the log when the component ends first, or is late. */
export async function whenReady(
  component: Component,
  ready: () => Promise<boolean>,
  deadlineMs: number,
): Promise<void> {
  const started = performance.now();
  let how: string | undefined;
  void component.ended.then((words) => (how = words));
  while (how === undefined) {
    // The port may belong to another program by mistake, which never answers: the end must not wait for it.
    if (await Promise.race([ready(), component.ended.then(() => false)])) return;
    if (performance.now() - started > deadlineMs)
      how = `was not ready after ${Math.round(deadlineMs / 1000)} s`;
    else await delay(25);
  }
  throw new ComponentError(component, how, await logEnd(component.logFile));
}

/** The last lines of a log, at most 4 KiB. */
export async function logEnd(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.slice(-4096).trimEnd().split('\n').slice(-15).join('\n');
}
