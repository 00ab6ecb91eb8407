import type { Device, Ledger } from '../../crds/types.gen.ts';
import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import type { TopClaim } from './claim.ts';
import { sameClaim, topClaim } from './claim.ts';
import { isConfirmed, unconfirmedLeaving } from './leaving.ts';

/** A request that the switch does not show yet as the ledger wants it. */
export interface DueRequest {
  uid: string;
  owner: string;
  namespace: string;
  generation: number;
  /** All ports on which the request is on top, sorted. */
  ports: PortName[];
}

/**
 * The requests that are due on a device: a top claim differs from what was confirmed on its port,
 * or it came to the top after the last confirmed version.
 * @param ledger the Device's spec, or the top claims of its model
 * @returns oldest timestamp first, then by uid
 */
export function dueRequests(ledger: Ledger, device: Pick<Device, 'metadata' | 'status'>): DueRequest[] {
  const requests = new Map<string, { due: boolean; timestamp: string; request: DueRequest }>();
  for (const [port, entry] of Object.entries(ledger)) {
    const top = topClaim(entry);
    if (top === undefined) continue;
    const { uid, owner, namespace, generation, timestamp } = top;
    const known = requests.get(uid) ?? {
      due: false,
      timestamp,
      request: { uid, owner, namespace, generation, ports: [] },
    };
    requests.set(uid, known);
    known.request.ports.push(port);
    known.request.generation = Math.max(known.request.generation, generation);
    if (Date.parse(timestamp) < Date.parse(known.timestamp)) known.timestamp = timestamp;
    known.due ||= !isShown(device, port, top);
  }
  return [...requests.values()]
    .filter(({ due }) => due)
    .sort(
      (a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp) || (a.request.uid < b.request.uid ? -1 : 1),
    )
    .map(({ request }) => ({ ...request, ports: request.ports.sort(comparePorts) }));
}

/** Whether the switch confirmed this top claim on the port, after it came to the top. */
export function isShown(device: Pick<Device, 'metadata' | 'status'>, port: PortName, top: TopClaim): boolean {
  const confirmed = device.status?.confirmed?.[port];
  return confirmed !== undefined && sameClaim(top, confirmed) && isConfirmed(device, top.since);
}

/** Whether something must go from the switch: a confirmed port left the ledger, or a leaving is unconfirmed. */
export function hasReleases(device: Device): boolean {
  const left = Object.keys(device.status?.confirmed ?? {}).some((port) => {
    const entry = device.spec[port];
    return entry === undefined || topClaim(entry) === undefined;
  });
  return left || Object.keys(unconfirmedLeaving(device)).length > 0;
}
