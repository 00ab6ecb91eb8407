import { parseCatalog } from '../../lib/inventory/catalog.ts';
import type { CatalogDevice } from '../../lib/inventory/device.ts';
import { parseVlanRanges } from '../../lib/ports/vlan-ranges.ts';
import type { VlanRanges } from '../../lib/ports/vlan-ranges.ts';
import type { KnownDevice } from '../validate/facts.ts';

/** The inventory by canonical device name, made ready for look-ups. */
export type KnownDevices = ReadonlyMap<string, KnownDevice>;

/**
 * Reads the catalog that the scheduler publishes.
 * @throws Error when it is malformed
 */
export function readKnownDevices(text: string): KnownDevices {
  const known = new Map<string, KnownDevice>();
  for (const [name, device] of parseCatalog(text).devices) known.set(name, knownDevice(device));
  return known;
}

function knownDevice(device: CatalogDevice): KnownDevice {
  const states = new Map<string, 'delegable' | 'uplink' | 'reserved'>();
  for (const port of device.ports) states.set(port, 'delegable');
  // After the delegable ones: a port that is in two lists is not delegable.
  for (const port of device.reserved) states.set(port, 'reserved');
  for (const port of device.uplinks) states.set(port, 'uplink');
  return {
    portState: (port) => states.get(port),
    reservedVlans: vlanRanges(device.reservedVlans, device.name),
    groups: device.groups,
  };
}

function vlanRanges(text: string, device: string): VlanRanges {
  const ranges = parseVlanRanges(text === '' ? [] : text.split(','));
  if ('message' in ranges) throw new Error(`catalog.devices.${device}.reservedVlans: ${ranges.message}`);
  return ranges;
}
