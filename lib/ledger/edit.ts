import { LEAVING_ANNOTATION } from '../../crds/names.ts';
import type { Device, Ledger } from '../../crds/types.gen.ts';
import type { PortName } from '../ports/port.ts';
import type { ActiveClaim, OwnClaims, PortClaims } from './entry.ts';
import { ownClaims, parseEntry, printEntry, withOwnClaims } from './entry.ts';
import { readLeaving, unconfirmedLeaving } from './leaving.ts';
import { oncePerLedger } from './once.ts';

/** The request whose claims one write changes. */
export interface Claimant {
  namespace: string;
  uid: string;
}

/**
 * Changes the claims of one request on a Device. That no write can touch the claims of another request (R2) is
 * so by construction: `change` sees and returns the claimant's own claims only.
 * Active claims that go are noted as leaving at this generation; confirmed leavings are dropped on the way.
 * @param ports further ports to visit besides those where the claimant has claims
 * @returns the Device to write against the version read, or undefined when nothing changes (R1)
 * @throws Error when a claim would go on a port of another namespace (the CRD would refuse it, too)
 */
export function editClaims(
  device: Device,
  claimant: Claimant,
  ports: Iterable<PortName>,
  change: (port: PortName, own: OwnClaims) => OwnClaims,
): Device | undefined {
  const { uid, namespace } = claimant;
  const generation = device.metadata.generation ?? 0;
  const spec: Ledger = { ...device.spec };
  let changed = false;
  let left = false;
  for (const port of new Set([...portsOf(device, uid), ...ports])) {
    const entry = device.spec[port];
    const claims: PortClaims =
      entry === undefined ? { namespace, active: [], reserved: [] } : parseEntry(port, entry);
    const before = ownClaims(claims, uid);
    const after = change(port, before);
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    if (claims.namespace !== namespace && after.active.length + after.reserved.length > 0) {
      throw new Error(
        `port ${port} of ${device.metadata.name} belongs to ${claims.namespace}, not to ${namespace}`,
      );
    }
    changed = true;
    left ||= before.active.some((claim) => !after.active.some((kept) => isSame(claim, kept)));
    const next = printEntry(withOwnClaims(claims, uid, after, generation));
    if (next === undefined) delete spec[port];
    else spec[port] = next;
  }
  if (!changed) return undefined;
  const leaving = { ...unconfirmedLeaving(device), ...(left ? { [uid]: generation } : {}) };
  return { ...device, metadata: { ...device.metadata, annotations: annotationsWith(device, leaving) }, spec };
}

/** Ports on which the request has any claim. */
export function portsOf(device: Pick<Device, 'spec'>, uid: string): readonly PortName[] {
  return portsByUid(device.spec).get(uid) ?? [];
}

const portsByUid = oncePerLedger((ledger): ReadonlyMap<string, readonly PortName[]> => {
  const found = new Map<string, PortName[]>();
  const note = (uid: string, port: PortName): void => {
    const ports = found.get(uid);
    if (ports === undefined) found.set(uid, [port]);
    else if (ports.at(-1) !== port) ports.push(port);
  };
  for (const [port, { annotations, others }] of Object.entries(ledger)) {
    if (annotations.uid !== undefined) note(annotations.uid, port);
    for (const { uid } of others ?? []) note(uid, port);
  }
  return found;
});

/** Notes requests as leaving, from generation 0 on, unless they are noted already (R10). */
export function withLeaving(device: Device, uids: Iterable<string>): Device {
  const known = readLeaving(device);
  const leaving = { ...Object.fromEntries([...uids].map((uid) => [uid, 0])), ...known };
  return { ...device, metadata: { ...device.metadata, annotations: annotationsWith(device, leaving) } };
}

function annotationsWith(device: Device, leaving: Readonly<Record<string, number>>): Record<string, string> {
  const { [LEAVING_ANNOTATION]: _, ...annotations } = device.metadata.annotations ?? {};
  if (Object.keys(leaving).length === 0) return annotations;
  return { ...annotations, [LEAVING_ANNOTATION]: JSON.stringify(leaving) };
}

function isSame(a: ActiveClaim, b: ActiveClaim): boolean {
  return a.generation === b.generation && a.timestamp === b.timestamp;
}
