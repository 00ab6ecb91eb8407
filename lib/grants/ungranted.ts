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
