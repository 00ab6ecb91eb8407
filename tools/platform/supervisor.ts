/**
 * The long-lived process behind `make up` and `make cluster`: starts the platform or the cluster, keeps it running, stops it on SIGTERM.
 * Tells its parent how far it is, and answers `make status` on a socket in its folder.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { startCluster } from '../cluster/cluster.ts';
import { startPlatform, type Platform } from './platform.ts';

const START = { platform: startPlatform, cluster: startCluster };
/** What it holds. */
export type Kind = keyof typeof START;

/** What the supervisor tells the process that started it. */
export type Message = { readonly progress: string } | { readonly ready: true } | { readonly failed: string };

export interface ProcessReport {
  readonly name: string;
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Resident memory in MiB. */
  readonly memory: number | undefined;
}

export const socketPath = (directory: string): string => `${directory}/supervisor.sock`;

/** Resident memory of a process in MiB, from /proc; undefined where there is none. */
async function residentMemory(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Math.round(Number(kibibytes) / 1024);
}

async function report(platform: Platform): Promise<ProcessReport[]> {
  const rows = [
    ...Object.entries(platform.controlPlane.pids).map(([name, pid]) => ({ name, pid, restarts: 0 })),
    ...[...platform.processes.values()].map(({ name, pid, restarts }) => ({ name, pid, restarts })),
    { name: 'supervisor', pid: process.pid, restarts: 0 },
  ];
  return Promise.all(rows.map(async (row) => ({ ...row, memory: await residentMemory(row.pid) })));
}

if (import.meta.main) {
  const [kind = '', directory = ''] = process.argv.slice(2);
  const start = kind === 'cluster' ? START.cluster : START.platform;
  const tell = (message: Message) => void (process.connected && process.send?.(message));
  process.title = 'naas-supervisor';

  let stopping = false;
  let platform: Platform | undefined;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await platform?.stop();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());

  try {
    const onProgress = (progress: string) => {
      // Into its log, too, for who comes while it is starting.
      console.log(progress);
      tell({ progress });
    };
    platform = await start({ directory, onProgress });
    const running = platform;
    createServer((_request, response) => {
      void report(running).then((rows) => response.end(JSON.stringify(rows)));
    }).listen(socketPath(directory));
    void running.controlPlane.failed.then(async (error) => {
      console.error(error.message);
      await stop();
    });
    tell({ ready: true });
    if (process.connected) process.disconnect();
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
}
