/** What a process has used so far, from /proc. */
import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  /** User and system time of all threads, ms. The kernel counts in steps of 10 ms. */
  readonly cpuMs: number;
  /** Resident memory now, MiB. */
  readonly memory: number;
  /** The most resident memory so far, MiB. */
  readonly peak: number;
}

/** Linux counts 100 ticks a second on every platform Node runs on. */
const TICK_MS = 10;

/** @throws Error when there is no such process */
export async function processUsage(pid: number | undefined): Promise<ProcessUsage> {
  if (pid === undefined) throw new Error('the process does not run');
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The name stands in brackets and may hold anything, brackets too. After it: state is field 3, utime 14, stime 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const mebibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) / 1024;
  return { cpuMs: ticks * TICK_MS, memory: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}
