/** A Lease that only one process sees: it always leads, whatever others believe. */
import type { Fault } from '../../support/fault-proxy.ts';

/** For the proxy of a replica: its Leases of this name are kept here, and never reach the API server. */
export function ownLease(name: string): Fault {
  let stored: { metadata: Record<string, unknown> } | undefined;
  let version = 0;
  return {
    // The only Lease that a service makes is that of its election.
    match: ({ path, method }) =>
      path.endsWith(`/leases/${name}`) || (path.endsWith('/leases') && method === 'POST'),
    answer({ method }, body) {
      if (method !== 'GET') {
        version += 1;
        const lease = JSON.parse(body) as { metadata: object };
        stored = { ...lease, metadata: { ...lease.metadata, uid: 'own', resourceVersion: String(version) } };
      }
      if (stored !== undefined) return { status: method === 'POST' ? 201 : 200, body: stored };
      const message = `leases "${name}" not found`;
      return { status: 404, body: { kind: 'Status', code: 404, reason: 'NotFound', message } };
    },
  };
}
