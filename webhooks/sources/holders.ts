import type { Device, PortEntry } from '../../crds/types.gen.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import type { Holder } from '../validate/facts.ts';

/**
 * Who holds a port according to the ledger: the request on top, else the first that reserved it.
 * @returns undefined for a free port
 */
export function holderOf(entry: DeepReadonly<PortEntry> | undefined): Holder | undefined {
  if (entry === undefined) return undefined;
  const { namespace, owner, uid } = entry.annotations;
  if (owner !== undefined) return { namespace, request: owner, uid: uid ?? '' };
  const reserved = entry.others?.[0];
  // R2: an entry without any claim is never written; if there is one, it still belongs to its namespace.
  return { namespace, request: reserved?.owner ?? 'unknown', uid: reserved?.uid ?? '' };
}

/** Whether the last push or check could not reach the switch. */
export function isUnreachable(device: DeepReadonly<Device> | undefined): boolean {
  const reachable = device?.status?.conditions?.find(({ type }) => type === 'Reachable');
  return reachable?.status === 'False';
}
