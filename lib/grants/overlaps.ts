import { printVlanRanges } from '../ports/vlan-ranges.ts';
import type { GrantBook } from './grant-book.ts';

/** VLANs that two tenants are granted on the same switches, and that not both share. */
export interface Overlap {
  /** Compressed. */
  readonly vlans: string;
  /** Canonical names, sorted. */
  readonly devices: readonly string[];
  /** The other tenants. */
  readonly others: readonly string[];
}

/** The overlaps of a tenant's grants with others', switches with the same ones together. For the admin's eyes. */
export function overlaps(book: GrantBook, namespace: string): Overlap[] {
  const found = new Map<string, { vlans: string; devices: string[]; others: readonly string[] }>();
  for (const device of book.devices) {
    const contest = book.contested(namespace, device);
    if (contest.vlans.length === 0) continue;
    const vlans = printVlanRanges(contest.vlans);
    const key = JSON.stringify([vlans, contest.others]);
    const known = found.get(key) ?? { vlans, devices: [], others: contest.others };
    found.set(key, known);
    known.devices.push(device);
  }
  return [...found.values()];
}

/** `VLAN 100-110 on devicea,deviceb is granted to tenant-b as well, and not both say shared: true` */
export function overlapWords({ vlans, devices, others }: Overlap): string {
  const shown = devices.slice(0, 3).join(',');
  const more = devices.length > 3 ? ` and ${devices.length - 3} more` : '';
  return `VLAN ${vlans} on ${shown}${more} is granted to ${others.join(', ')} as well, and not both say shared: true`;
}
