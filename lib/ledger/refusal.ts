import type { Denial } from '../../crds/reasons.ts';
import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import { compressPorts } from '../ports/range.ts';
import { sentence } from './words.ts';

/** Why a request cannot be accepted, for one port, one device or as a whole. */
export interface Refusal {
  reason: Denial;
  /** Without the holder of the port. */
  message: string;
  /** Canonical name. */
  device?: string;
  /** The device as the tenant wrote it. */
  written?: string;
  port?: PortName;
  /** The other tenant's namespace and request. */
  holder?: { namespace: string; owner: string };
}

/** Refusals that differ in their port only. */
export interface RefusalGroup extends Refusal {
  ports: PortName[];
}

/** Of refusals of the same port, the first. */
export function firstPerPort(refusals: readonly Refusal[]): Refusal[] {
  const refused = new Set<string>();
  return refusals.filter(({ device, port }) => {
    if (port === undefined) return true;
    const key = `${device} ${port}`;
    if (refused.has(key)) return false;
    refused.add(key);
    return true;
  });
}

/** Puts refusals together that differ in their port only, in the order in which they come first. */
export function groupRefusals(refusals: readonly Refusal[]): RefusalGroup[] {
  const groups = new Map<string, RefusalGroup>();
  for (const refusal of refusals) {
    const { reason, device, holder, port } = refusal;
    const alike = port === undefined ? refusal.message : refusal.message.replace(`Port ${port}@`, 'Port @');
    const key = JSON.stringify([reason, device, holder, alike]);
    const group = groups.get(key) ?? { ...refusal, ports: [] };
    groups.set(key, group);
    if (port !== undefined) group.ports.push(port);
  }
  return [...groups.values()].map((group) => ({ ...group, ports: group.ports.sort(comparePorts) }));
}

/**
 * The refusals in words, ports of one holder as ranges:
 * `Ports 11-13,15-16@deviceA are owned by a different tenant: tenant-a (request request-001)`.
 * @param hideOwners leaves out who the other tenant is
 */
export function refusalMessage(refusals: readonly Refusal[], hideOwners: boolean): string {
  return sentence(groupRefusals(refusals).map((group) => groupMessage(group, hideOwners)));
}

function groupMessage(group: RefusalGroup, hideOwners: boolean): string {
  const { message, port, ports, written, holder } = group;
  const owner = holder === undefined || hideOwners ? '' : `: ${holder.namespace} (request ${holder.owner})`;
  if (port === undefined || ports.length < 2) return `${message}${owner}`;
  const single = `Port ${port}@${written ?? ''} `;
  if (!message.startsWith(single)) return `${message} (ports ${compressPorts(ports)})${owner}`;
  const plural = `Ports ${compressPorts(ports)}@${written ?? ''} ${pluralOf(message.slice(single.length))}`;
  return `${plural}${owner}`;
}

const PLURALS: Readonly<Record<string, string>> = {
  'is owned by a different tenant': 'are owned by a different tenant',
  'does not exist': 'do not exist',
  'is an uplink': 'are uplinks',
  'is reserved': 'are reserved',
};

function pluralOf(predicate: string): string {
  return PLURALS[predicate] ?? predicate.replace(/^is /, 'are ');
}
