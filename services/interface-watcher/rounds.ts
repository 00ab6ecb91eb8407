import { ContendedError } from '../../lib/kube/errors.ts';

/** Something changed between two reads or before a write: nothing found so far counts. */
export class Changed extends Error {}

/** What was written. @throws Changed when the write came too late */
export function current<T>(written: T | undefined): T {
  if (written === undefined) throw new Changed();
  return written;
}

/** After so many rounds in a row the queue's back-off is the better place to wait. */
const ROUNDS = 8;

/**
 * R1: on a conflict, start again from reads.
 * @param what for the error
 * @param pause waits before round 1, 2, …: others write to the same objects
 * @param once one round; throws Changed to start again
 * @throws ContendedError
 */
export async function inRounds<T>(
  what: string,
  pause: (round: number) => Promise<void>,
  once: (round: number) => Promise<T>,
): Promise<T> {
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await pause(round);
    try {
      return await once(round);
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
    }
  }
  throw new ContendedError(`${what}: changed ${ROUNDS} times while it was reconciled`);
}
