import { LEAVING_ANNOTATION } from '../../crds/names.ts';
import type { Device } from '../../crds/types.gen.ts';

/** By uid of a request: generation of the Device at which an active claim of it was removed last. */
export type Leaving = Readonly<Record<string, number>>;

/**
 * Reads the requests that left the ledger.
 * @throws Error when the annotation is not a map of generations; nothing may then count as confirmed.
 */
export function readLeaving(device: Pick<Device, 'metadata'>): Leaving {
  const text = device.metadata.annotations?.[LEAVING_ANNOTATION];
  if (text === undefined) return {};
  const problem = `annotation ${LEAVING_ANNOTATION} of Device ${device.metadata.name} must be a JSON map from uid to generation`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(problem, { cause });
  }
  if (!isGenerations(value)) throw new Error(problem);
  return value;
}

/** Whether the switch has confirmed a version of the ledger later than `generation` of this very Device. */
export function isConfirmed(device: Pick<Device, 'metadata' | 'status'>, generation: number): boolean {
  const applied = device.status?.applied;
  // The uid guards against a Device that was lost and made anew: its generations begin again.
  return applied !== undefined && applied.uid === device.metadata.uid && applied.generation > generation;
}

/** Whether the request left the ledger and the switch has not yet confirmed it. */
export function isLeaving(device: Pick<Device, 'metadata' | 'status'>, uid: string): boolean {
  const generation = readLeaving(device)[uid];
  return generation !== undefined && !isConfirmed(device, generation);
}

/** Leavings that the switch has not yet confirmed. Later writes drop the others. */
export function unconfirmedLeaving(device: Pick<Device, 'metadata' | 'status'>): Leaving {
  return Object.fromEntries(
    Object.entries(readLeaving(device)).filter(([, generation]) => !isConfirmed(device, generation)),
  );
}

function isGenerations(value: unknown): value is Leaving {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((generation) => Number.isSafeInteger(generation))
  );
}
