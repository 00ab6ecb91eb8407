import type { PortName } from '../ports/port.ts';
import { commonVlans, uniteVlans, withoutVlans } from '../ports/vlan-ranges.ts';
import type { VlanRanges } from '../ports/vlan-ranges.ts';
import { hasDevice } from './device-set.ts';
import type { GroupedDevice } from './device-set.ts';
import { hasPort, printPorts, unitePorts } from './port-set.ts';
import type { ReadGrant, TenantGrants } from './read-tenant.ts';

/** What all tenants may do, on every switch of the inventory. */
export interface GrantBook {
  /** The Tenant of a namespace; undefined: there is none that counts. */
  tenant(namespace: string): TenantGrants | undefined;
  /** What a namespace with a Tenant may do on a switch. Remembered: ask as often as you like. */
  allowance(namespace: string, device: string): Allowance;
  /** Who else is granted VLANs of this tenant on a switch, where not both share them. */
  contested(namespace: string, device: string): { vlans: VlanRanges; others: readonly string[] };
  /** Canonical names of the inventory, sorted. */
  readonly devices: readonly string[];
}

/** What a tenant may do on a switch. */
export interface Allowance {
  /** What it may do on a port; undefined: nothing. Ports of the same grants give the same object. */
  port(port: PortName): PortAllowance | undefined;
  /** All ports that are granted, and those that may be trunks, in words: "1-5,7"; '' where there are none. */
  readonly ports: string;
  readonly trunks: string;
}

/** What a tenant may do on a port. */
export interface PortAllowance {
  /** VLANs for an access port. */
  readonly access: VlanRanges;
  /** VLANs for a trunk; undefined: it must not be one. */
  readonly trunk: VlanRanges | undefined;
  /** Granted, but to another tenant as well, and not shared by both: in neither of the two above. */
  readonly contested: VlanRanges;
}

/** The grants of all tenants on one switch. */
type OnDevice = ReadonlyMap<string, readonly ReadGrant[]>;

/** What is worked out of them. */
interface Answer {
  readonly contests: ReadonlyMap<string, Contest>;
  allowance(namespace: string): Allowance;
}

/**
 * Answers what is granted. It is made anew when a Tenant or the inventory changes; what a switch's answer takes is
 * found out when it is first asked for.
 * @param tenants those that count (`readTenant`)
 * @param devices the inventory by canonical name; on others nothing is granted
 */
export function grantBook(
  tenants: Iterable<TenantGrants>,
  devices: ReadonlyMap<string, GroupedDevice>,
): GrantBook {
  const byName = new Map([...tenants].map((tenant) => [tenant.name, tenant]));
  const all = [...byName].flatMap(([name, { grants }]) => grants.map((grant) => ({ name, grant })));
  /** By the grants that a switch has: most switches differ in nothing but their name, and share one answer. */
  const answers = new Map<string, Answer>();
  const onDevice = remembered((device: string): Answer => {
    const known = devices.get(device);
    const here = [...all.keys()].filter((index) => {
      const given = all[index];
      return known !== undefined && given !== undefined && hasDevice(given.grant.devices, device, known);
    });
    const key = here.join();
    const before = answers.get(key);
    if (before !== undefined) return before;
    const found = answer(byTenant(here.flatMap((index) => all[index] ?? [])));
    answers.set(key, found);
    return found;
  });
  return {
    tenant: (namespace) => byName.get(namespace),
    // Names that are not in the inventory are not remembered: anybody may ask for any.
    allowance: (namespace, device) =>
      devices.has(device) && byName.has(namespace) ? onDevice(device).allowance(namespace) : NOTHING,
    contested: (namespace, device) =>
      devices.has(device) ? (onDevice(device).contests.get(namespace) ?? UNCONTESTED) : UNCONTESTED,
    devices: [...devices.keys()].sort(),
  };
}

function byTenant(given: readonly { name: string; grant: ReadGrant }[]): OnDevice {
  const grants = new Map<string, ReadGrant[]>();
  for (const { name, grant } of given) grants.set(name, [...(grants.get(name) ?? []), grant]);
  return grants;
}

function answer(granted: OnDevice): Answer {
  const contested = contests(granted);
  return {
    contests: contested,
    allowance: remembered((namespace) =>
      allowance(granted.get(namespace) ?? [], contested.get(namespace)?.vlans ?? []),
    ),
  };
}

interface Contest {
  readonly vlans: VlanRanges;
  readonly others: readonly string[];
}

const UNCONTESTED: Contest = { vlans: [], others: [] };

/** By tenant: VLANs that another one is granted on the same switch, unless both grants say that they are shared. */
function contests(granted: OnDevice): ReadonlyMap<string, Contest> {
  const sets = [...granted].map(([name, grants]) => ({
    name,
    all: uniteVlans(...grants.map(({ vlans }) => vlans)),
    // A VLAN that one grant shares and another does not is not shared.
    exclusive: uniteVlans(...grants.filter(({ shared }) => !shared).map(({ vlans }) => vlans)),
  }));
  const found = new Map<string, Contest>();
  for (const { name, all, exclusive } of sets) {
    const others = sets
      .filter((other) => other.name !== name)
      .map((other) => ({
        name: other.name,
        vlans: uniteVlans(commonVlans(exclusive, other.all), commonVlans(all, other.exclusive)),
      }))
      .filter(({ vlans }) => vlans.length > 0);
    if (others.length === 0) continue;
    const vlans = uniteVlans(...others.map((other) => other.vlans));
    found.set(name, { vlans, others: others.map((other) => other.name).sort() });
  }
  return found;
}

function allowance(grants: readonly ReadGrant[], contested: VlanRanges): Allowance {
  const known = new Map<string, PortAllowance>();
  return {
    port(port) {
      const covering = grants.filter((grant) => hasPort(grant.ports, port));
      if (covering.length === 0) return undefined;
      const key = covering.map((grant) => grants.indexOf(grant)).join();
      const before = known.get(key);
      if (before !== undefined) return before;
      const made = portAllowance(covering, contested);
      known.set(key, made);
      return made;
    },
    ports: printPorts(unitePorts(grants.map(({ ports }) => ports))),
    trunks: printPorts(unitePorts(grants.filter(({ trunk }) => trunk).map(({ ports }) => ports))),
  };
}

function portAllowance(grants: readonly ReadGrant[], contested: VlanRanges): PortAllowance {
  const all = uniteVlans(...grants.map(({ vlans }) => vlans));
  const trunks = grants.filter(({ trunk }) => trunk);
  return {
    access: withoutVlans(all, contested),
    trunk:
      trunks.length === 0
        ? undefined
        : withoutVlans(uniteVlans(...trunks.map(({ vlans }) => vlans)), contested),
    contested: commonVlans(all, contested),
  };
}

const NOTHING: Allowance = allowance([], []);

function remembered<T>(find: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = find(name);
    known.set(name, found);
    return found;
  };
}
