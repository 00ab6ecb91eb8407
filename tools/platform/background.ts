/** A platform that stays when the command that started it ends: one process holds it, and is found by its folder. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from '../../lib/process/process-identity.ts';
import { socketPath, type Kind, type Message, type ProcessReport } from './supervisor.ts';

export interface BackgroundOptions {
  readonly kind: Kind;
  readonly directory: string;
  /** What it is called in sentences, such as "The platform". */
  readonly called: string;
  /** How it is started, such as "make up". */
  readonly command: string;
  /** Removes what earlier runs left, but logs. */
  clear(): Promise<void>;
  sayWhatNext(): void;
}

/** Commands, each resolves with the code to exit with. */
export interface Background {
  up(): Promise<number>;
  down(): Promise<number>;
  status(): Promise<number>;
}

const STOP_MS = 60_000;
const supervisorScript = new URL('supervisor.ts', import.meta.url).pathname;

export function background(options: BackgroundOptions): Background {
  const { directory, called } = options;
  const runFile = join(directory, 'run.json');
  const logs = join(directory, 'logs');

  async function supervisor(): Promise<ProcessIdentity | undefined> {
    const text = await readFile(runFile, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const identity = JSON.parse(text) as ProcessIdentity;
    return (await isRunning(identity)) ? identity : undefined;
  }

  return {
    async up() {
      if ((await supervisor()) !== undefined) {
        options.sayWhatNext();
        return 0;
      }
      await options.clear();
      await rm(logs, { recursive: true, force: true });
      await mkdir(logs, { recursive: true, mode: 0o700 });
      const started = performance.now();
      const log = openSync(join(logs, 'supervisor.log'), 'a');
      const child = spawn(process.execPath, [supervisorScript, options.kind, directory], {
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
      });
      closeSync(log);
      const identity = child.pid === undefined ? undefined : await identify(child.pid);
      if (identity !== undefined) await writeFile(runFile, JSON.stringify(identity));
      // Whoever interrupts the start wants no half platform.
      const interrupt = () => child.kill('SIGTERM');
      process.once('SIGINT', interrupt);
      process.once('SIGTERM', interrupt);

      return new Promise((resolve) => {
        child.on('message', (message: Message) => {
          if ('progress' in message) {
            const seconds = ((performance.now() - started) / 1000).toFixed(1);
            console.log(`[${seconds.padStart(5)} s] ${message.progress}`);
          } else if ('ready' in message) {
            child.unref();
            options.sayWhatNext();
            resolve(0);
          } else {
            console.error(`\n${called} did not start. ${message.failed}\nLogs: ${logs}`);
            resolve(1);
          }
        });
        child.once('exit', (code) => {
          console.error(`${called} stopped before it was ready (code ${code}). Logs: ${logs}`);
          resolve(1);
        });
      });
    },

    async down() {
      const identity = await supervisor();
      if (identity !== undefined) {
        process.kill(identity.pid, 'SIGTERM');
        const deadline = Date.now() + STOP_MS;
        while (await isRunning(identity)) {
          if (Date.now() > deadline) {
            // The watchdogs stop what it had started.
            process.kill(identity.pid, 'SIGKILL');
            break;
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      await options.clear();
      console.log(identity === undefined ? `${called} was not running.` : `${called} is stopped.`);
      return 0;
    },

    async status() {
      if ((await supervisor()) === undefined) {
        console.log(`${called} is not running. Start it: ${options.command}`);
        return 1;
      }
      const rows = await new Promise<ProcessReport[]>((resolve, reject) => {
        const call = request({ socketPath: socketPath(directory), path: '/' }, (response) => {
          let body = '';
          response.on('data', (chunk) => (body += String(chunk)));
          response.once('end', () => resolve(JSON.parse(body) as ProcessReport[]));
        });
        call.once('error', reject);
        call.end();
      });
      console.log('PROCESS                   PID      MEMORY   RESTARTS');
      for (const { name, pid, memory, restarts } of rows) {
        const size = memory === undefined ? '-' : `${memory} MiB`;
        console.log(`${name.padEnd(25)} ${String(pid ?? '-').padEnd(8)} ${size.padEnd(8)} ${restarts}`);
      }
      return 0;
    },
  };
}

/** Runs the command that the program was called with. */
export async function runBackground(
  commands: Background,
  names: readonly (keyof Background)[],
): Promise<void> {
  const name = names.find((each) => each === process.argv[2]);
  if (name === undefined) {
    console.error(`Usage: main.ts ${names.join(' | ')}`);
    process.exit(64);
  }
  process.exitCode = await commands[name]();
}
