import type { Interface } from '../../crds/types.gen.ts';
import type { Namespace } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';

/** A tenant's namespace, as far as it matters. */
export type NamespaceState = 'reserved' | 'missing' | 'terminating' | 'there';

/**
 * @param name of the Tenant, and so of its namespace
 * @param stored undefined: there is none
 * @param platform namespace of the platform
 */
export function namespaceState(
  name: string,
  stored: DeepReadonly<Namespace> | undefined,
  platform: string,
): NamespaceState {
  // S-35: the schema knows the usual namespace of the platform only, the chart may use another.
  if (name === platform || name === 'default' || name.startsWith('kube-')) return 'reserved';
  if (stored === undefined) return 'missing';
  return stored.metadata.deletionTimestamp === undefined ? 'there' : 'terminating';
}

/** Words for what a namespace that is being deleted still waits for: switches first, each with its reason. */
export function awaited(
  namespace: DeepReadonly<Namespace> | undefined,
  requests: readonly DeepReadonly<Interface>[],
): string {
  const switches = new Map<string, string>();
  for (const { metadata, status } of requests) {
    if (metadata.deletionTimestamp === undefined) continue;
    for (const { name, state, message } of status?.devices ?? []) {
      if (state === 'Programmed' || switches.has(name)) continue;
      switches.set(name, message === undefined ? state : `${state}: ${message}`);
    }
  }
  if (switches.size > 0) {
    const named = [...switches].sort(([a], [b]) => (a < b ? -1 : 1));
    return `waiting for ${named.map(([name, why]) => `${name} (${why})`).join(', ')}`;
  }
  if (requests.length > 0) return `waiting for ${counted(requests.length, 'request')} to be deleted`;
  const remaining = (namespace?.status?.conditions ?? [])
    .filter(({ type, status }) => type.endsWith('Remaining') && status === 'True')
    .map(({ message }) => message ?? '');
  return remaining.length > 0 ? remaining.join('; ') : 'waiting for Kubernetes to remove it';
}

/** "1 request", "2 requests". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
