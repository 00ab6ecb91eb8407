import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { identify, type ProcessIdentity } from '../../lib/process/process-identity.ts';

/** Stops the processes of a control plane if this process dies without doing so itself. */
export interface Watchdog {
  readonly identity: ProcessIdentity;
  started(pid: number): void;
  ended(pid: number): void;
  /** Lets it go: everything has been stopped in order. */
  release(): void;
}

/** @param temporary directory that the watchdog removes if it has to act */
export async function startWatchdog(temporary?: string): Promise<Watchdog> {
  const child = spawn('/bin/sh', [fileURLToPath(new URL('watchdog.sh', import.meta.url)), temporary ?? ''], {
    // In a session of its own, so that what ends this process (Ctrl-C, a closed terminal) does not end it too.
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  const { pid, stdin } = child;
  const identity = pid === undefined ? undefined : await identify(pid);
  if (identity === undefined) throw new Error('the watchdog did not start');
  stdin.on('error', () => undefined);
  child.unref();
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    identity,
    started: (component) => void stdin.write(`+${component}\n`),
    ended: (component) => void stdin.write(`-${component}\n`),
    release: () => void stdin.end('quit\n'),
  };
}
