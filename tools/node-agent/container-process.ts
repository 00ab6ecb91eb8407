import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isRunning } from '../../lib/process/process-identity.ts';
import type { ProcessIdentity } from '../../lib/process/process-identity.ts';
import type { LogFile } from './log-file.ts';

/** How a process ended. */
export interface ProcessEnd {
  /** 128 + signal number where a signal ended it, as shells and kubelets count. */
  readonly exitCode: number;
  readonly signal?: NodeJS.Signals;
}

export interface ContainerProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  /** SIGTERM now, SIGKILL after `graceMs`; to all its children too. */
  terminate(graceMs: number): void;
}

export interface ProcessPlan {
  readonly bundle: string;
  readonly arguments: readonly string[];
  /** Everything the process gets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly log: LogFile;
  /** Where the process is remembered, for an agent that starts after a crash. */
  readonly recordFile: string;
}

/** Signals that end a process here, by number. */
const SIGNALS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** Runs a bundle with this very Node, in a process group of its own. @throws if it cannot be started */
export function runProcess(plan: ProcessPlan): ContainerProcess {
  const child = spawn(process.execPath, [plan.bundle, ...plan.arguments], {
    cwd: plan.directory,
    env: { ...plan.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => plan.log.write('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => plan.log.write('stderr', chunk));
  const { pid } = child;
  if (pid === undefined) {
    // The reason comes as an event that nobody needs any more.
    child.once('error', () => undefined);
    throw new Error(`${plan.bundle} cannot be started`);
  }
  writeFileSync(plan.recordFile, JSON.stringify({ pid, started: '' }), { mode: 0o600 });
  const remembered = identify(pid).then((identity) => {
    if (identity !== undefined) writeFileSync(plan.recordFile, JSON.stringify(identity), { mode: 0o600 });
  });
  // Without it the process is only remembered by its id.
  remembered.catch(() => undefined);

  let killTimer: NodeJS.Timeout | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    // `close`, not `exit`: all output has arrived.
    child.once('close', (code, signal) => {
      clearTimeout(killTimer);
      // What it started itself goes with it.
      signalGroup(pid, 'SIGKILL');
      plan.log.end();
      if (signal === null) resolve({ exitCode: code ?? 1 });
      else resolve({ exitCode: 128 + (SIGNALS[signal] ?? 0), signal });
    });
  });
  // A grandchild that keeps the output open must not keep the container alive.
  child.once('exit', () => setTimeout(() => signalGroup(pid, 'SIGKILL'), 500).unref());
  return {
    pid,
    ended,
    terminate(graceMs) {
      signalGroup(pid, 'SIGTERM');
      clearTimeout(killTimer);
      killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    },
  };
}

/** Kills the process of an agent that is gone, if it still runs. */
export async function killRemembered(recordFile: string): Promise<void> {
  const record = readRecord(recordFile);
  if (record === undefined) return;
  // Only a process that is certainly the one: ids are used again.
  if (record.started !== '' && (await isRunning(record))) signalGroup(record.pid, 'SIGKILL');
  rmSync(recordFile, { force: true });
}

function readRecord(file: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value))
      return undefined;
    const { pid, started } = value;
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 1 || typeof started !== 'string')
      return undefined;
    return { pid, started };
  } catch {
    // No record, or one cut off by a crash: nothing certain can be said of any process.
    return undefined;
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: it has ended already. EPERM: macOS says so of a zombie.
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))
      return;
    throw error;
  }
}
