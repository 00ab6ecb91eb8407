import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import type { ResolvedRequest } from '../ports/resolve.ts';
import type { Settings } from '../ports/settings.ts';
import { vlansOf } from '../ports/settings.ts';
import { commonVlans, parseVlanRanges, printVlanRanges } from '../ports/vlan-ranges.ts';
import type { Refusal } from './refusal.ts';

/** What the inventory says of a device, as far as claims are concerned. */
export interface DeviceFacts {
  ports: readonly PortName[];
  uplinks: readonly PortName[];
  reserved: readonly PortName[];
  /** Compressed list of VLANs that no tenant gets. */
  reservedVlans: string;
  mode: 'enforce' | 'alert' | 'pause';
}

/**
 * What the inventory forbids, checked again where the claim is made: the webhook is only advice.
 * R8: a port that the inventory does not list is refused. R13: so is a device.
 */
export function forbidden(request: ResolvedRequest, inventory: ReadonlyMap<string, DeviceFacts>): Refusal[] {
  return [...request.devices].flatMap(([device, { written, ports }]): Refusal[] => {
    const facts = inventory.get(device);
    if (facts === undefined) {
      return [{ reason: 'DeviceUnknown', message: `Device ${written} does not exist`, device, written }];
    }
    const refusal = portCheck(facts, device, written);
    return [...ports]
      .sort(([a], [b]) => comparePorts(a, b))
      .flatMap(([port, settings]) => refusal(port, settings));
  });
}

function portCheck(facts: DeviceFacts, device: string, written: string) {
  const known = new Set(facts.ports);
  const uplinks = new Set(facts.uplinks);
  const reserved = new Set(facts.reserved);
  const reservedVlans = parseVlanRanges(facts.reservedVlans === '' ? [] : facts.reservedVlans.split(','));
  if ('message' in reservedVlans) {
    throw new Error(`reservedVlans of ${device} in the inventory: ${reservedVlans.message}`);
  }
  return (port: PortName, settings: Settings): Refusal[] => {
    const refuse = (reason: Refusal['reason'], message: string): Refusal[] => [
      { reason, message, device, written, port },
    ];
    if (!known.has(port)) return refuse('PortUnknown', `Port ${port}@${written} does not exist`);
    if (uplinks.has(port)) return refuse('PortNotDelegable', `Port ${port}@${written} is an uplink`);
    if (reserved.has(port)) return refuse('PortNotDelegable', `Port ${port}@${written} is reserved`);
    const taken = commonVlans(vlansOf(settings), reservedVlans);
    if (taken.length === 0) return [];
    return refuse('VlanReserved', `VLAN ${printVlanRanges(taken)} is reserved on ${written}`);
  };
}
