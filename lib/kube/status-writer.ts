/** Writes a status only if it says something new, and only over the object it was made from. */
import type { Client } from './client.ts';
import { sameJson } from './same-json.ts';
import type { DeepReadonly, KubeObject } from './types.ts';

/**
 * Conditional replace on `/status` (R1). Returns the object as stored, or `current` if nothing changed.
 *
 * @throws ApiError Conflict if `current` is old: start again from reads.
 */
export async function writeStatus<T extends KubeObject & { status?: unknown }>(
  api: Pick<Client<T>, 'replaceStatus'>,
  current: DeepReadonly<T>,
  status: DeepReadonly<NonNullable<T['status']>>,
): Promise<DeepReadonly<T>> {
  // No write that changes nothing (R1): it would wake every watcher, us too.
  if (sameJson((current as KubeObject & { status?: unknown }).status, status)) return current;
  return (await api.replaceStatus({ ...current, status } as unknown as T)) as DeepReadonly<T>;
}
