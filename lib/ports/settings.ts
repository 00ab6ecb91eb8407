import { parseVlanRanges } from './vlan-ranges.ts';
import type { VlanRanges } from './vlan-ranges.ts';

/** What a request asks for on one port, complete. */
export interface Settings {
  /** Access VLAN, or the VLAN of the trunk: 1..4094. */
  vlan: number;
  trunk: boolean;
  shutdown: boolean;
  stp: 'portfast' | 'network' | 'normal';
  /** Further VLANs of a trunk, compressed: "100-110,200". */
  vlans?: string;
  nativeVlan?: number;
  description: string;
}

/** Whether two claims ask for the same on a port; whatever else they carry does not count. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return (
    a.vlan === b.vlan &&
    a.trunk === b.trunk &&
    a.shutdown === b.shutdown &&
    a.stp === b.stp &&
    a.vlans === b.vlans &&
    a.nativeVlan === b.nativeVlan &&
    a.description === b.description
  );
}

/**
 * S-18: every VLAN that the settings put on a port; a trunk's native VLAN is one of them.
 * @throws Error when `vlans` is not a list of VLANs: nothing may then be taken for permitted
 */
export function vlansOf({ vlan, nativeVlan, vlans }: Settings): VlanRanges {
  if (nativeVlan === undefined && vlans === undefined) return [{ from: vlan, to: vlan }];
  const items = [vlan, ...(nativeVlan === undefined ? [] : [nativeVlan]), ...(vlans?.split(',') ?? [])];
  const ranges = parseVlanRanges(items);
  if ('message' in ranges) throw new Error(ranges.message);
  return ranges;
}

/** Only the settings of a claim, absent ones left out. */
export function settingsOf(
  claim: Omit<Settings, 'vlans' | 'nativeVlan'> & {
    vlans?: string | undefined;
    nativeVlan?: number | undefined;
  },
): Settings {
  const { vlan, trunk, shutdown, stp, description, vlans, nativeVlan } = claim;
  return {
    vlan,
    trunk,
    shutdown,
    stp,
    ...(vlans === undefined ? {} : { vlans }),
    ...(nativeVlan === undefined ? {} : { nativeVlan }),
    description,
  };
}
