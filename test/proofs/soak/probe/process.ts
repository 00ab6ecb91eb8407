/** What a process holds, from /proc: memory, threads, open files and TCP connections. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { processUsage } from '../../../../bench/measure/process-usage.ts';

export interface ProcessHoldings {
  /** Resident, MiB. */
  readonly memory: number;
  readonly threads: number;
  /** Open file descriptors by kind. */
  readonly sockets: number;
  readonly files: number;
  readonly otherHandles: number;
  /** TCP connections that are established, of both directions. */
  readonly connections: number;
  /** The other side has closed, this one has not: who never does leaks. */
  readonly halfClosed: number;
}

const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

/** @throws Error when there is no such process */
export async function processHoldings(pid: number | undefined): Promise<ProcessHoldings> {
  const { memory } = await processUsage(pid);
  const [handles, states, status] = await Promise.all([
    handlesOf(`/proc/${pid}/fd`),
    tcpStates(pid),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  const sockets = handles.filter((target) => target.startsWith('socket:'));
  const files = handles.filter((target) => target.startsWith('/'));
  const inState = (state: string) =>
    sockets.filter((target) => states.get(target.slice('socket:['.length, -1)) === state).length;
  return {
    memory,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]),
    sockets: sockets.length,
    files: files.length,
    otherHandles: handles.length - sockets.length - files.length,
    connections: inState(ESTABLISHED),
    halfClosed: inState(CLOSE_WAIT),
  };
}

async function handlesOf(folder: string): Promise<string[]> {
  // One may be closed between the list and the look.
  const targets = await Promise.all(
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => undefined)),
  );
  return targets.filter((target) => target !== undefined);
}

/** State of each TCP socket of the process's network namespace, by inode. */
async function tcpStates(pid: number | undefined): Promise<Map<string, string>> {
  const tables = await Promise.all(
    // Without IPv6 there is no second table.
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  const states = new Map<string, string>();
  for (const line of tables.join('\n').split('\n')) {
    const fields = line.trim().split(/\s+/);
    const [state, inode] = [fields[3], fields[9]];
    if (state !== undefined && inode !== undefined) states.set(inode, state);
  }
  return states;
}
