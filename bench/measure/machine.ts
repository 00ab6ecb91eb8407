import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** One line about the machine, for the tables' head. */
export function machine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${type()} ${release()}, ${cpus().length} cores (${first?.model ?? 'unknown'}), ${memory} GiB, Node ${process.version}`;
}

/** Load average of the last minute: what else the machine was doing. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
