/** A child process that is kept running, with its log in a file: what a Deployment of one replica is to a Pod. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Watchdog } from '../controlplane/watchdog.ts';
import { rotatingFile } from '../node-agent/rotating-file.ts';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Stops the process should this one die. */
  readonly watchdog: Pick<Watchdog, 'started' | 'ended'>;
  /** `host:port` that serves /readyz over HTTP; absent: ready once started. */
  readonly httpAddress?: string;
}

/** Starts a process whose log and watchdog are the platform's. */
export type Start = (process: Omit<ProcessOptions, 'logFile' | 'watchdog'>) => ManagedProcess;

export interface ManagedProcess {
  readonly name: string;
  /** Process id; undefined while it waits to be started again. */
  readonly pid: number | undefined;
  readonly restarts: number;
  /** `host:port` of its health and metrics over HTTP, if it has any. */
  readonly httpAddress: string | undefined;
  /** First line printed to standard output by the current process. */
  firstLine(): Promise<string>;
  /** Resolves when /readyz says yes; rejects after `timeoutMs` with the end of the log. */
  whenReady(timeoutMs?: number): Promise<void>;
  /** Sends a signal to the current process. */
  kill(signal: NodeJS.Signals): void;
  /** Stops it for good: SIGTERM, then SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

const RESTART_MS = [200, 1000, 2000, 5000, 10_000];
/** Who lived this long was healthy: its end is the first one again. */
const HEALTHY_MS = 5000;
const STOP_MS = 10_000;
/** Only a start that fails waits so long, or one on a very busy machine. */
const READY_MS = 120_000;
const LOG_TAIL = 4000;

function isReady(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const call = request({ host, port, path: '/readyz', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.once('error', () => resolve(false));
    call.once('timeout', () => call.destroy());
    call.end();
  });
}

/** Starts a process and starts it again whenever it ends, until `stop` is called. */
export function startProcess(options: ProcessOptions): ManagedProcess {
  const log = rotatingFile(options.logFile);
  let child: ChildProcess | undefined;
  let restarts = 0;
  /** Ends in a row that came soon. */
  let failures = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let tail = '';
  let line = Promise.withResolvers<string>();

  function start(): void {
    let partial = '';
    let first = false;
    const started = performance.now();
    const current = spawn(options.command, options.arguments, {
      env: { ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = current;
    const { pid } = current;
    if (pid !== undefined) options.watchdog.started(pid);
    const keep = (chunk: Buffer) => {
      tail = (tail + String(chunk)).slice(-LOG_TAIL);
      log.append(chunk);
    };
    current.stdout.on('data', (chunk: Buffer) => {
      keep(chunk);
      if (first) return;
      partial += String(chunk);
      const end = partial.indexOf('\n');
      if (end === -1) return;
      first = true;
      line.resolve(partial.slice(0, end));
    });
    current.stderr.on('data', keep);
    current.once('error', (error) => keep(Buffer.from(`${options.name}: ${error.message}\n`)));
    current.once('close', () => {
      if (child === current) child = undefined;
      if (pid !== undefined) options.watchdog.ended(pid);
      if (stopped) return;
      if (performance.now() - started >= HEALTHY_MS) failures = 0;
      const wait = RESTART_MS[Math.min(failures, RESTART_MS.length - 1)];
      failures += 1;
      restarts += 1;
      line = Promise.withResolvers<string>();
      timer = setTimeout(start, wait);
    });
  }

  start();
  return {
    name: options.name,
    httpAddress: options.httpAddress,
    get pid() {
      return child?.pid;
    },
    get restarts() {
      return restarts;
    },
    firstLine: () => line.promise,
    async whenReady(timeoutMs = READY_MS) {
      const { httpAddress } = options;
      if (httpAddress === undefined) return;
      const deadline = Date.now() + timeoutMs;
      while (!(await isReady(httpAddress))) {
        if (Date.now() > deadline) {
          throw new Error(
            `${options.name} did not become ready in ${timeoutMs / 1000} s. End of ${options.logFile}:\n${tail}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    kill: (signal) => void child?.kill(signal),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const current = child;
      if (current !== undefined) {
        const closed = once(current, 'close');
        current.kill('SIGTERM');
        current.kill('SIGCONT');
        const force = setTimeout(() => current.kill('SIGKILL'), STOP_MS);
        await closed;
        clearTimeout(force);
      }
      log.close();
    },
  };
}
