import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from '../../lib/process/process-identity.ts';

/** What `processes.json` in the directory of a control plane says about its run. */
export interface RunFile {
  /** The process that started the control plane and stops it. */
  readonly owner: ProcessIdentity;
  /** Ends by itself soon after the owner. */
  readonly watchdog?: ProcessIdentity;
  readonly components: Readonly<Record<string, ProcessIdentity>>;
}

const FILE = 'processes.json';

/** Records the run, whole or not at all. */
export async function writeRunFile(directory: string, run: RunFile): Promise<void> {
  const file = join(directory, FILE);
  await writeFile(`${file}.new`, JSON.stringify(run, undefined, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Forgets the run, after all its processes have ended. */
export async function removeRunFile(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true });
}

/** The recorded run; undefined if there is none or the file is damaged. */
export async function readRunFile(directory: string): Promise<RunFile | undefined> {
  const text = await readFile(join(directory, FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const run: unknown = JSON.parse(text);
    return isRunFile(run) ? run : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stops what a crashed run left behind in this directory. A process is touched only if its id and its
 * start time are those that were recorded.
 * @returns names of the components that were stopped
 * @throws if the owner of the run is alive: it is not a crashed one
 */
export async function stopLeftovers(directory: string): Promise<string[]> {
  const run = await readRunFile(directory);
  if (run === undefined) return [];
  if (await isRunning(run.owner)) {
    throw new Error(
      `A control plane is already running from ${directory}, started by process ${run.owner.pid}: stop that first.`,
    );
  }
  const stopped = await Promise.all(
    Object.entries(run.components).map(async ([name, identity]) =>
      (await stopProcess(identity)) ? [name] : [],
    ),
  );
  await removeRunFile(directory);
  return stopped.flat();
}

/** Whether a run in this directory still has its owner. */
export async function hasOwner(directory: string): Promise<boolean> {
  const run = await readRunFile(directory);
  return run !== undefined && (await isRunning(run.owner));
}

async function stopProcess(identity: ProcessIdentity): Promise<boolean> {
  if (!(await isRunning(identity))) return false;
  signal(identity.pid, 'SIGTERM');
  for (let tries = 0; tries < 40; tries += 1) {
    await delay(50);
    if (!(await isRunning(identity))) return true;
  }
  signal(identity.pid, 'SIGKILL');
  while (await isRunning(identity)) await delay(20);
  return true;
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isRunFile(value: unknown): value is RunFile {
  if (!isRecord(value) || !isIdentity(value['owner']) || !isRecord(value['components'])) return false;
  return Object.values(value['components']).every(isIdentity);
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return isRecord(value) && Number.isInteger(value['pid']) && typeof value['started'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
