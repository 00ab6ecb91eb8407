import { commonVlans, printVlanRanges, withoutVlans } from '../ports/vlan-ranges.ts';
import type { VlanRanges } from '../ports/vlan-ranges.ts';
import type { Allowance, PortAllowance } from './grant-book.ts';
import type { PortLimit } from './limit.ts';

/**
 * What a tenant reads when something is not granted, each sentence written once: the policy and the interface-watcher
 * both take it from here. S-56: no other tenant is ever named.
 */

/** Whose grants, on which switch as the tenant wrote its name. */
interface Place {
  readonly tenant: string;
  readonly written: string;
}

/** Longest list of what is granted. */
const LONGEST = 120;

/** `Port 9@deviceA is not granted to tenant-b; granted are 1-5,7` */
export function portWords({ tenant, written }: Place, port: string, { ports }: Allowance): string {
  const rest = ports === '' ? `no port of ${written} is` : `granted are ${cutList(ports)}`;
  return `Port ${port}@${written} is not granted to ${tenant}; ${rest}`;
}

/** `Port 9@deviceA is granted to tenant-b for access only, not as a trunk; trunks are granted on 30` */
export function trunkWords({ tenant, written }: Place, port: string, { trunks }: Allowance): string {
  const rest =
    trunks === '' ? `no trunk is granted on ${written}` : `trunks are granted on ${cutList(trunks)}`;
  return `Port ${port}@${written} is granted to ${tenant} for access only, not as a trunk; ${rest}`;
}

/**
 * `VLAN 20 is not granted to tenant-b on deviceA; granted are 100-199`
 * @param vlans those that are not granted, at least one
 * @param granted what the ports concerned have been granted in this mode
 */
export function vlanWords(
  { tenant, written }: Place,
  vlans: VlanRanges,
  { contested }: Pick<PortAllowance, 'contested'>,
  granted: VlanRanges,
): string {
  const disputed = commonVlans(vlans, contested);
  const others = withoutVlans(vlans, contested);
  const list = printVlanRanges(granted);
  const rest = list === '' ? 'no VLAN is granted there' : `granted are ${cutList(list)}`;
  const sentences = [
    others.length === 0
      ? []
      : `VLAN ${cutList(printVlanRanges(others))} is not granted to ${tenant} on ${written}; ${rest}`,
    disputed.length === 0
      ? []
      : `VLAN ${cutList(printVlanRanges(disputed))} is granted to another tenant on ${written} as well and not shared by both`,
  ];
  return sentences.flat().join('; ');
}

/** `tenant-b would hold 12 ports, its limit is 8: 4 too many` */
export function limitWords(tenant: string, { after, max }: PortLimit): string {
  return `${tenant} would hold ${count(after)} over all devices, its limit is ${max}: ${after - max} too many`;
}

/** `Namespace tenant-b belongs to no tenant` */
export function tenantWords(namespace: string): string {
  return `Namespace ${namespace} belongs to no tenant`;
}

function count(ports: number): string {
  return ports === 1 ? '1 port' : `${ports} ports`;
}

/** A list of ranges, cut after whole ranges. */
function cutList(list: string): string {
  if (list.length <= LONGEST) return list;
  const end = list.lastIndexOf(',', LONGEST);
  return `${list.slice(0, end)} and more`;
}
