import type { InterfaceSummary } from '../../crds/types.gen.ts';
import type { ResolvedRequest } from '../ports/resolve.ts';
import { vlansOf } from '../ports/settings.ts';
import { printVlanRanges, uniteVlans } from '../ports/vlan-ranges.ts';
import type { DeviceView } from './device-state.ts';
import { holding } from './holding.ts';
import { cut } from './words.ts';

/** Names shown before the rest is only counted. */
const NAMES = 2;
const MAX_DEVICES = 256;
const MAX_VLANS = 320;

/**
 * Text for the columns of `kubectl get`: columns over arrays would print one item only.
 * `ports` is how many of the listed ports the request is on top of: "16/31".
 */
export function summary(
  resolved: ResolvedRequest | undefined,
  views: ReadonlyMap<string, DeviceView>,
  uid: string,
): InterfaceSummary {
  const names = [...views.keys()];
  const rest = names.length > NAMES ? ` +${names.length - NAMES}` : '';
  const listed = [...(resolved?.devices.values() ?? [])];
  const asked = listed.reduce((sum, { ports }) => sum + ports.size, 0);
  const held = [...views.values()].reduce((sum, { device }) => sum + holding(device, uid).top.size, 0);
  const vlans = uniteVlans(...listed.flatMap(({ ports }) => [...new Set(ports.values())].map(vlansOf)));
  return {
    devices: cut(`${names.slice(0, NAMES).join(',')}${rest}`, MAX_DEVICES),
    ports: `${held}/${asked}`,
    vlans: cut(printVlanRanges(vlans), MAX_VLANS),
  };
}
