import type { Device } from '../../crds/types.gen.ts';
import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import type { TopClaim } from './claim.ts';
import { hasActiveClaim, topClaim } from './claim.ts';
import { portsOf } from './edit.ts';

/** The active claims of one request on a Device, ports sorted. */
export interface Holding {
  /** Ports on which it is on top. */
  top: ReadonlyMap<PortName, TopClaim>;
  /** Ports on which a newer request of the same tenant is on top, with that claim. */
  shadowed: ReadonlyMap<PortName, TopClaim>;
}

/** What a request holds on a Device. */
export function holding(device: Device | undefined, uid: string): Holding {
  const top = new Map<PortName, TopClaim>();
  const shadowed = new Map<PortName, TopClaim>();
  if (device === undefined) return { top, shadowed };
  for (const port of portsOf(device, uid).toSorted(comparePorts)) {
    const entry = device.spec[port];
    if (entry === undefined || !hasActiveClaim(entry, uid)) continue;
    const claim = topClaim(entry);
    if (claim === undefined) continue;
    if (claim.uid === uid) top.set(port, claim);
    else shadowed.set(port, claim);
  }
  return { top, shadowed };
}
