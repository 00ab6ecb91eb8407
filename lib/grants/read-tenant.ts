import type { Grant, Tenant } from '../../crds/types.gen.ts';
import { parseVlanRanges } from '../ports/vlan-ranges.ts';
import type { VlanRanges } from '../ports/vlan-ranges.ts';
import { readDevice } from './device-set.ts';
import type { DeviceSet } from './device-set.ts';
import { readPorts, unitePorts } from './port-set.ts';
import type { PortSet } from './port-set.ts';

/** A grant made ready: these VLANs on these ports of these switches. */
export interface ReadGrant {
  readonly devices: DeviceSet;
  readonly ports: PortSet;
  readonly vlans: VlanRanges;
  readonly trunk: boolean;
  readonly shared: boolean;
}

/** Why a grant counts for nothing. */
export interface GrantProblem {
  /** Such as `spec.grants[0].ports[2]`. */
  readonly field: string;
  readonly message: string;
}

/** A Tenant as far as limits are concerned. */
export interface TenantGrants {
  /** Name of the Tenant, which is its namespace. */
  readonly name: string;
  /** Without those that cannot be read. */
  readonly grants: readonly ReadGrant[];
  readonly problems: readonly GrantProblem[];
  /** The most ports it may hold over all switches; undefined: as many as it is granted. */
  readonly maxPorts: number | undefined;
}

/**
 * Reads a Tenant. A grant with anything in it that cannot be read grants nothing: half a grant is not what the admin
 * wrote.
 * @returns undefined for a Tenant that is being deleted: it counts as none
 */
export function readTenant({ metadata, spec }: Pick<Tenant, 'metadata' | 'spec'>): TenantGrants | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const problems: GrantProblem[] = [];
  const grants = (spec.grants ?? []).flatMap((grant, index) => {
    const read = readGrant(grant, `spec.grants[${index}]`);
    if (!Array.isArray(read)) return [read];
    problems.push(...read);
    return [];
  });
  return { name: metadata.name, grants, problems, maxPorts: spec.maxPorts };
}

function readGrant(grant: Grant, path: string): ReadGrant | GrantProblem[] {
  const problems: GrantProblem[] = [];
  const names = new Set<string>();
  const ranges: DeviceSet['ranges'][number][] = [];
  for (const [index, item] of (grant.devices ?? []).entries()) {
    const device = readDevice(item);
    if ('name' in device) names.add(device.name);
    else if ('range' in device) ranges.push(device.range);
    else problems.push({ field: `${path}.devices[${index}]`, message: device.problem });
  }
  const ports: PortSet[] = [];
  for (const [index, item] of grant.ports.entries()) {
    const read = readPorts(item);
    if ('every' in read) ports.push(read);
    else problems.push({ field: `${path}.ports[${index}]`, message: read.message });
  }
  // One by one, so that the problem names its item.
  for (const [index, item] of grant.vlans.entries()) {
    const read = parseVlanRanges([item]);
    if ('message' in read) problems.push({ field: `${path}.vlans[${index}]`, message: read.message });
  }
  const vlans = parseVlanRanges(grant.vlans);
  if (problems.length > 0 || 'message' in vlans) return problems;
  return {
    devices: { names, ranges, groups: new Set(grant.groups) },
    ports: unitePorts(ports),
    vlans,
    trunk: grant.trunk === true,
    shared: grant.shared === true,
  };
}
