import { expandVlans } from './vlan.ts';
import type { VlanProblem } from './vlan.ts';

/** VLANs from one id to another, both included. */
export interface VlanRange {
  readonly from: number;
  readonly to: number;
}

/** A set of VLANs: sorted ranges with a gap between each two. Whole ranges are compared at once, never id by id. */
export type VlanRanges = readonly VlanRange[];

/**
 * Reads VLAN ids and ranges (10, "10", "100-110").
 * @returns the set, or what is wrong with the first bad item
 */
export function parseVlanRanges(items: readonly (string | number)[]): VlanRanges | VlanProblem {
  const ids = expandVlans(items);
  return Array.isArray(ids) ? joined(ids.map((id) => ({ from: id, to: id }))) : ids;
}

/** All VLANs of these sets. */
export function uniteVlans(...sets: readonly VlanRanges[]): VlanRanges {
  const [only, ...further] = sets.filter(({ length }) => length > 0);
  if (only === undefined) return [];
  return further.length === 0 ? only : joined(sets.flat().sort((a, b) => a.from - b.from));
}

/** The VLANs that both sets have. */
export function commonVlans(a: VlanRanges, b: VlanRanges): VlanRanges {
  return a.flatMap((one) =>
    b.flatMap((other) => {
      const from = Math.max(one.from, other.from);
      const to = Math.min(one.to, other.to);
      return from <= to ? [{ from, to }] : [];
    }),
  );
}

/** The VLANs of `a` that `b` lacks. */
export function withoutVlans(a: VlanRanges, b: VlanRanges): VlanRanges {
  return b.reduce<VlanRanges>(
    (left, { from, to }) =>
      left.flatMap((range) => {
        if (to < range.from || from > range.to) return [range];
        const before = { from: range.from, to: from - 1 };
        const after = { from: to + 1, to: range.to };
        return [before, after].filter((rest) => rest.from <= rest.to);
      }),
    a,
  );
}

/** Writes a set as a list of ranges, such as "10,100-110". */
export function printVlanRanges(ranges: VlanRanges): string {
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** @param ranges sorted by `from` */
function joined(ranges: readonly VlanRange[]): VlanRanges {
  const sets: { from: number; to: number }[] = [];
  for (const { from, to } of ranges) {
    const last = sets.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else sets.push({ from, to });
  }
  return sets;
}
