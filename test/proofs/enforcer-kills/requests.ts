import type { Ledger, PortEntry } from '../../../crds/types.gen.ts';
import type { Random } from './random.ts';

/** Ethernet1..12 of the switch. */
export const PORTS = 12;
const TENANTS = ['tenant-a', 'tenant-b'] as const;
const NAMES = ['web', 'db'] as const;

/** One request as it counts, and the ports it holds. */
export interface Request {
  uid: string;
  namespace: string;
  name: string;
  generation: number;
  vlan: number;
  trunk: boolean;
  shutdown: boolean;
  stp: 'portfast' | 'network' | 'normal';
  ports: readonly number[];
  timestamp: string;
  /** Generation of the Device at whose write it came to the top. */
  since: number;
}

/** All requests of one version of the ledger. */
export type Requests = readonly Request[];

/**
 * The next version: some requests changed, one may go or come, ports change hands within a tenant. At least one VLAN
 * is new, so that no two versions look alike on the switch.
 * @param version 1 for the first
 * @param written generation of the Device at which this version is written; 0 before there is one
 */
export function nextRequests(random: Random, before: Requests, version: number, written: number): Requests {
  const after: Request[] = [];
  const mustChange = random.below(TENANTS.length * NAMES.length);
  for (const [tenant, namespace] of TENANTS.entries()) {
    // Odd ports are one tenant's, even ports the other's: no port changes its namespace (R2).
    const own = Array.from({ length: PORTS }, (_, index) => index + 1).filter((port) => port % 2 === tenant);
    const choice = own.map((port) => ({ port, holder: random.below(NAMES.length + 1) }));
    for (const [index, name] of NAMES.entries()) {
      const number = tenant * NAMES.length + index;
      const old = before.find((request) => request.namespace === namespace && request.name === name);
      const changes = number === mustChange || random.chance(0.5);
      if (!changes && old !== undefined) {
        after.push(old);
        continue;
      }
      const ports = choice.filter(({ holder }) => holder === index).map(({ port }) => port);
      if (number === mustChange && ports.length === 0) ports.push(own[index] ?? tenant + 1);
      after.push({
        uid: old?.uid ?? `uid-${namespace}-${name}-${version}`,
        namespace,
        name,
        generation: (old?.generation ?? 0) + 1,
        vlan: 100 + version * 10 + number,
        trunk: random.chance(0.5),
        shutdown: random.chance(0.3),
        stp: random.pick(['portfast', 'network', 'normal'] as const),
        ports,
        timestamp: new Date(Date.UTC(2026, 0, 1, 0, version, number)).toISOString(),
        since: written,
      });
    }
  }
  // Within a tenant the newer request takes over.
  const holders = new Map<number, Request>();
  for (const request of after) {
    for (const port of request.ports) {
      const holder = holders.get(port);
      if (holder === undefined || holder.timestamp < request.timestamp) holders.set(port, request);
    }
  }
  return after
    .map((request) => ({ ...request, ports: request.ports.filter((port) => holders.get(port) === request) }))
    .filter(({ ports }) => ports.length > 0);
}

export function ledgerOf(requests: Requests): Ledger {
  const entries: [string, PortEntry][] = [];
  for (const request of requests) {
    const { uid, namespace, name, generation, vlan, trunk, shutdown, stp, timestamp, since } = request;
    for (const port of request.ports) {
      const annotations = { namespace, owner: name, uid, generation, timestamp, since };
      entries.push([String(port), { vlan, trunk, shutdown, stp, description: name, annotations }]);
    }
  }
  return Object.fromEntries(entries);
}

/** Uids that had a port before which they have no more: they leave (ownership.md, Data). */
export function leavers(before: Requests, after: Requests): string[] {
  return before
    .filter((old) => {
      const now = after.find((request) => request.uid === old.uid);
      return old.ports.some((port) => now?.ports.includes(port) !== true);
    })
    .map(({ uid }) => uid);
}
