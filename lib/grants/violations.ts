import type { PortName } from '../ports/port.ts';
import { compressPorts } from '../ports/range.ts';
import type { Settings } from '../ports/settings.ts';
import { printVlanRanges } from '../ports/vlan-ranges.ts';
import type { GrantBook } from './grant-book.ts';
import { ungranted } from './ungranted.ts';
import type { Ungranted } from './ungranted.ts';

/** What is in force on a port. */
export interface Holding {
  /** Canonical name. */
  readonly device: string;
  readonly port: PortName;
  readonly settings: Settings;
}

/** Something in force that the tenant would not be given today. */
export interface Violation extends Ungranted {
  /** Canonical name. */
  readonly device: string;
  readonly port: PortName;
}

/**
 * What a tenant holds without a grant: it was taken away, or is granted to another tenant as well. Nothing is cut.
 * @param holdings of its namespace
 */
export function violations(book: GrantBook, namespace: string, holdings: Iterable<Holding>): Violation[] {
  return [...holdings].flatMap(({ device, port, settings }) => {
    const found = ungranted(book.allowance(namespace, device).port(port), settings);
    return found === undefined ? [] : [{ ...found, device, port }];
  });
}

/** `Port 7@devicea, VLAN 20 of ports 1-2@devicea, trunk of port 3@deviceb` */
export function violationWords(found: readonly Violation[]): string {
  const groups = new Map<string, { what: string; device: string; ports: PortName[] }>();
  for (const violation of found) {
    const what = whatOf(violation);
    const key = JSON.stringify([what, violation.device]);
    const group = groups.get(key) ?? { what, device: violation.device, ports: [] };
    groups.set(key, group);
    group.ports.push(violation.port);
  }
  const words = [...groups.values()].map(({ what, device, ports }) => {
    const list = compressPorts(ports);
    return `${what}${/[-,]/.test(list) ? 'ports' : 'port'} ${list}@${device}`;
  });
  const text = words.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function whatOf(violation: Violation): string {
  if (violation.reason === 'PortNotPermitted') return '';
  if (violation.reason === 'TrunkNotPermitted') return 'trunk of ';
  return `VLAN ${printVlanRanges(violation.vlans)} of `;
}
