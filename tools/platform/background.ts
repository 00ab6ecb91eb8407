/** A platform that stays when the command that started it ends: one process holds it, and is found by its folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
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
const POLL_MS = 200;
const supervisorScript = new URL('supervisor.ts', import.meta.url).pathname;

export function background(options: BackgroundOptions): Background {
  const { directory, called } = options;
  const runFile = join(directory, 'run.json');
  const logs = join(directory, 'logs');
  const supervisorLog = join(logs, 'supervisor.log');

  async function supervisor(): Promise<ProcessIdentity | undefined> {
    const text = await readFile(runFile, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const identity = JSON.parse(text) as ProcessIdentity;
    return (await isRunning(identity)) ? identity : undefined;
  }

  /** Whole or not at all: whoever asks for the state meanwhile reads it. */
  async function record(identity: ProcessIdentity): Promise<void> {
    await writeFile(`${runFile}.new`, JSON.stringify(identity));
    await rename(`${runFile}.new`, runFile);
  }

  /** Until what another command is starting is ready, or has failed. */
  async function waitFor(other: ProcessIdentity): Promise<number> {
    let told = false;
    while (await isRunning(other)) {
      if ((await reports(directory)) !== undefined) {
        options.sayWhatNext();
        return 0;
      }
      if (!told) console.log(`${called} is being started already: waiting for it. Log: ${supervisorLog}`);
      told = true;
      await delay(POLL_MS);
    }
    console.error(`${called} did not start. Logs: ${logs}`);
    return 1;
  }

  return {
    async up() {
      const other = await supervisor();
      if (other !== undefined) return waitFor(other);
      await options.clear();
      await rm(logs, { recursive: true, force: true });
      await mkdir(logs, { recursive: true, mode: 0o700 });
      const started = performance.now();
      const log = openSync(supervisorLog, 'a');
      const child = spawn(process.execPath, [supervisorScript, options.kind, directory], {
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
      });
      closeSync(log);
      const identity = child.pid === undefined ? undefined : await identify(child.pid);
      if (identity !== undefined) await record(identity);
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
      const rows = await reports(directory);
      if (rows === undefined) {
        console.log(`${called} is starting. Log: ${supervisorLog}`);
        return 1;
      }
      console.log('PROCESS                   PID      MEMORY   RESTARTS');
      for (const { name, pid, memory, restarts } of rows) {
        const size = memory === undefined ? '-' : `${memory} MiB`;
        console.log(`${name.padEnd(25)} ${String(pid ?? '-').padEnd(8)} ${size.padEnd(8)} ${restarts}`);
      }
      return 0;
    },
  };
}

/** What the supervisor runs; undefined while it is starting: it listens once all is ready. */
async function reports(directory: string): Promise<ProcessReport[] | undefined> {
  const call = request({ socketPath: socketPath(directory), path: '/' });
  call.end();
  try {
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    return (await json(response)) as ProcessReport[];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    throw error;
  }
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
