import type { Settings } from '../ports/settings.ts';
import { sameSettings, vlansOf } from '../ports/settings.ts';
import { withoutVlans } from '../ports/vlan-ranges.ts';
import type { VlanRanges } from '../ports/vlan-ranges.ts';
import type { PortAllowance } from './grant-book.ts';

/** Why settings are not granted on a port. */
export interface Ungranted {
  readonly reason: 'PortNotPermitted' | 'TrunkNotPermitted' | 'VlanNotPermitted';
  /** VlanNotPermitted: the VLANs that are not granted; else none. */
  readonly vlans: VlanRanges;
}

/**
 * Whether settings are granted on a port. Everything that is not granted is not.
 * @param held what the same request has on the port already: a grant that was taken away cuts nothing, so only what is
 * added is checked. Access port and trunk are different things: between them nothing is taken over.
 */
export function ungranted(
  allowance: PortAllowance | undefined,
  settings: Settings,
  held?: Settings,
): Ungranted | undefined {
  const kept = held !== undefined && held.trunk === settings.trunk ? held : undefined;
  if (kept !== undefined && sameSettings(kept, settings)) return undefined;
  const asked = vlansOf(settings);
  const added = kept === undefined ? asked : withoutVlans(asked, vlansOf(kept));
  if (kept !== undefined && added.length === 0) return undefined;
  if (allowance === undefined) return { reason: 'PortNotPermitted', vlans: [] };
  const granted = settings.trunk ? allowance.trunk : allowance.access;
  if (granted === undefined) return { reason: 'TrunkNotPermitted', vlans: [] };
  const vlans = withoutVlans(added, granted);
  return vlans.length === 0 ? undefined : { reason: 'VlanNotPermitted', vlans };
}

/**
 * As {@link ungranted}, for the ports of one request. S-07: ports of one service differ in little, and what was found for
 * one is not worked out again for 4095 others.
 */
export function ungrantedOfMany(): typeof ungranted {
  const known = new Map<Settings, Map<PortAllowance | undefined, Map<string, Ungranted | undefined>>>();
  return (allowance, settings, held) => {
    const ofSettings =
      known.get(settings) ?? new Map<PortAllowance | undefined, Map<string, Ungranted | undefined>>();
    known.set(settings, ofSettings);
    const found = ofSettings.get(allowance) ?? new Map<string, Ungranted | undefined>();
    ofSettings.set(allowance, found);
    // All of what is held that counts.
    const key = held === undefined ? '' : `${held.trunk} ${held.vlan} ${held.nativeVlan} ${held.vlans}`;
    if (!found.has(key)) found.set(key, ungranted(allowance, settings, held));
    return found.get(key);
  };
}
