import type { Device } from '../../crds/types.gen.ts';
import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import type { ResolvedDevice } from '../ports/resolve.ts';
import { editClaims } from './edit.ts';
import { ownClaims, parseEntry } from './entry.ts';
import { readLeaving } from './leaving.ts';
import type { Refusal } from './refusal.ts';
import type { RequestFacts } from './request.ts';
import { claimants, settleOwn } from './settle.ts';

/** Limits of the CRD and of etcd (1.5 MiB an object), so that a claim can always be removed again. */
const MAX_PORTS = 1024;
const MAX_OTHERS = 16;
const MAX_BYTES = 1024 * 1024;
/** Each request may leave a note of 50 B in an annotation; all annotations together may have 256 KiB. */
const MAX_REQUESTS = 4096;

/**
 * Another namespace's claims, reserved ones too, on ports that the request lists (R2).
 * @returns one refusal per port, sorted
 */
export function conflicts(device: Device, listed: ResolvedDevice, namespace: string): Refusal[] {
  return [...listed.ports.keys()].sort(comparePorts).flatMap((port): Refusal[] => {
    const entry = device.spec[port];
    if (entry === undefined || entry.annotations.namespace === namespace) return [];
    const claims = parseEntry(port, entry);
    const owner = (claims.active[0] ?? claims.reserved[0])?.owner ?? '';
    return [
      {
        reason: 'PortOwnedByOtherTenant',
        message: `Port ${port}@${listed.written} is owned by a different tenant`,
        device: device.metadata.name,
        written: listed.written,
        port,
        holder: { namespace: claims.namespace, owner },
      },
    ];
  });
}

/**
 * Reserves the listed ports for this generation and attempt, and settles the request's other claims in the
 * same write (R2: the claims of one request only).
 * @param device as read, free of conflicts; the Interface was read after it
 * @returns the Device to write, `held` when all is reserved already and settled, or why it does not fit
 */
export function reserve(
  device: Device,
  listed: ResolvedDevice,
  request: RequestFacts,
): { write: Device } | { held: true } | { refusal: Refusal } {
  const { uid, namespace, name: owner, generation, attempt } = request;
  const next = editClaims(device, { uid, namespace }, listed.ports.keys(), (port, own) => {
    const settled = settleOwn(uid, own, request);
    const settings = listed.ports.get(port);
    if (settings === undefined || isReserved(settled.reserved, request)) return settled;
    return { ...settled, reserved: [{ ...settings, owner, uid, generation, attempt }] };
  });
  if (next === undefined) return { held: true };
  const refusal = overflow(next, listed);
  return refusal === undefined ? { write: next } : { refusal };
}

/** Whether all listed ports are held at the request's generation and attempt. */
export function isHeld(device: Device | undefined, listed: ResolvedDevice, request: RequestFacts): boolean {
  if (device === undefined) return false;
  return [...listed.ports.keys()].every((port) => {
    const entry = device.spec[port];
    return (
      entry !== undefined && isReserved(ownClaims(parseEntry(port, entry), request.uid).reserved, request)
    );
  });
}

/** Whether the request has a reservation of this attempt anywhere on the Device. */
export function hasReservation(device: Device | undefined, request: RequestFacts): boolean {
  return Object.values(device?.spec ?? {}).some((entry) =>
    (entry.others ?? []).some((claim) => claim.uid === request.uid && claim.attempt === request.attempt),
  );
}

function isReserved(
  claims: readonly { generation: number; attempt: number }[],
  request: RequestFacts,
): boolean {
  return claims.some((claim) => claim.generation === request.generation && claim.attempt === request.attempt);
}

function overflow(device: Device, listed: ResolvedDevice): Refusal | undefined {
  const full = (what: string, port?: PortName): Refusal => ({
    reason: 'LedgerFull',
    message: `${what} on ${listed.written}: delete requests that are no longer needed`,
    device: device.metadata.name,
    written: listed.written,
    ...(port === undefined ? {} : { port }),
  });
  const crowded = [...listed.ports.keys()].find(
    (port) => (device.spec[port]?.others?.length ?? 0) > MAX_OTHERS,
  );
  if (crowded !== undefined) return full(`Port ${crowded} has ${MAX_OTHERS} requests waiting`, crowded);
  if (Object.keys(device.spec).length > MAX_PORTS) return full(`More than ${MAX_PORTS} ports are claimed`);
  const requests = new Set([...Object.keys(readLeaving(device)), ...claimants(device).map(({ uid }) => uid)]);
  if (requests.size > MAX_REQUESTS) return full(`More than ${MAX_REQUESTS} requests are noted`);
  const { managedFields: _, ...metadata } = device.metadata;
  const bytes = Buffer.byteLength(JSON.stringify({ ...device, metadata }));
  return bytes > MAX_BYTES ? full('The ledger has no room for more claims') : undefined;
}
