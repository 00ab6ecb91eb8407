import type { Acceptance, ClaimRecord, Device } from '../../crds/types.gen.ts';
import type { ResolvedRequest } from '../ports/resolve.ts';
import { parseEntry } from './entry.ts';
import type { RequestFacts } from './request.ts';

/**
 * The record that makes a generation count, once all its ports are held (R4).
 *
 * Precedence inside a tenant: the timestamp is computed here, once, above every active claim on its ports, so
 * that the generation takes over on all devices alike.
 * @param devices with the reservations, by canonical name
 * @param now RFC 3339
 */
export function acceptance(
  request: RequestFacts,
  resolved: ResolvedRequest,
  devices: ReadonlyMap<string, Device | undefined>,
  now: string,
): ClaimRecord {
  let newest = Date.parse(now);
  for (const [name, listed] of resolved.devices) {
    for (const port of listed.ports.keys()) {
      const entry = devices.get(name)?.spec[port];
      if (entry === undefined) continue;
      for (const claim of parseEntry(port, entry).active) {
        newest = Math.max(newest, Date.parse(claim.timestamp) + 1);
      }
    }
  }
  const accepted: Acceptance = {
    generation: request.generation,
    timestamp: new Date(newest).toISOString(),
  };
  const names = new Set([...request.devices, ...resolved.devices.keys()]);
  return { attempt: request.attempt, accepted, devices: [...names].sort() };
}
