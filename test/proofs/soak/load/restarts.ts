/** Services that end, one after the other, by a signal that asks or by one that does not. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadStage } from './stage.ts';

/** Services, and what stands in for a kubelet. */
export const MORTAL = [
  ...(['webhooks', 'interface-watcher', 'device-watcher', 'scheduler'] as const),
  ...(['tenant-controller', 'node-agent'] as const),
] as const;

/**
 * Parts of the run at which each of them ends: all in its first two fifths, so that what follows is one long life of
 * each, whose memory can be judged.
 */
export const RESTARTS: readonly { readonly part: number; readonly name: (typeof MORTAL)[number] }[] =
  MORTAL.map((name, index) => ({ name, part: 0.06 + index * 0.06 }));

/** A call that began before it was ready again may fail a little later. */
const AFTERMATH_MS = 5000;

export async function restart({ naas, random, restarting, signal }: LoadStage, name: string): Promise<void> {
  const process = naas.platform.processes.get(name);
  const before = process?.pid;
  restarting.add(name);
  process?.kill(random.chance(0.5) ? 'SIGTERM' : 'SIGKILL');
  // A service that stops in good order is ready for some moments yet.
  for (;;) {
    if (process?.pid !== before) break;
    await delay(100);
  }
  await process?.whenReady(60_000);
  await delay(AFTERMATH_MS, undefined, { signal }).catch(() => undefined);
  restarting.delete(name);
}
