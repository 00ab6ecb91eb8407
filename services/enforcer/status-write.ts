import type { Device } from '../../crds/types.gen.ts';
import { pause } from '../../lib/kube/clock.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import { ApiError, ConnectionError, isConflict } from '../../lib/kube/errors.ts';
import type { Api } from './api.ts';
import { FenceLost } from './fence/gate.ts';
import type { Result } from './outcome.ts';
import { censored, nextStatus } from './status.ts';
import type { Attempt } from './status.ts';

/** The interface-watcher writes the same object; each of its writes costs us one try. */
const TRIES = 20;
const RETRY_MS = 500;

/**
 * Writes a result by conditional replace, reading again after each conflict.
 * @param read gives the Device as it stands, and throws when we may not write (the gate, or a check of the epoch)
 * @returns the Device as written
 * @param result asked at the last moment: the save may have ended by then
 * @throws FenceLost; ApiError and ConnectionError when the API server does not take it
 */
export async function writeStatus(
  { devices }: Pick<Api, 'devices'>,
  read: () => Promise<Device>,
  result: () => Result,
  attempt: Attempt,
  clock: Clock,
): Promise<Device> {
  for (let tries = 1; ; tries += 1) {
    try {
      const device = await read();
      return await devices.replaceStatus({
        ...device,
        status: censored(nextStatus(device, result(), attempt), attempt.hide),
      });
    } catch (error) {
      if (tries === TRIES || (!isConflict(error) && !isPassing(error))) throw error;
      // What is confirmed on the switch should not stay untold for a moment's absence of the API server; the gate
      // ends this when the Lease could not be renewed meanwhile.
      if (!isConflict(error)) await pause(clock, RETRY_MS);
    }
  }
}

/** The API server is away or busy, which passes. */
function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ApiError && (error.code >= 500 || error.code === 429);
}

/**
 * Marks the Device with our epoch before anything is read, when the last holder of the Lease never gave it back: it
 * may still be on its way to a status write, which then fails.
 */
export async function announceEpoch(api: Api, name: string, uid: string, epoch: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const device = await api.devices.get({ namespace: api.namespace, name });
    const written = device.status?.attempted?.epoch ?? 0;
    if (device.metadata.uid !== uid) throw new FenceLost(`Device ${name} was made anew`);
    if (written > epoch)
      throw new FenceLost(`Epoch ${written} has written to Device ${name}, ours is ${epoch}`);
    if (written === epoch) return;
    try {
      const attempted = { ...device.status?.attempted, epoch };
      await api.devices.replaceStatus({ ...device, status: { ...device.status, attempted } });
      return;
    } catch (error) {
      if (!isConflict(error) || tries === TRIES) throw error;
    }
  }
}
