import { parseVlanSpan } from './vlan.ts';
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
  const ranges: VlanRange[] = [];
  for (const item of items) {
    const span = parseVlanSpan(item);
    if ('message' in span) return span;
    ranges.push(span);
  }
  return joined(ranges);
}

/** All VLANs of these sets. */
export function uniteVlans(...sets: readonly VlanRanges[]): VlanRanges {
  const [only, ...further] = sets.filter(({ length }) => length > 0);
  if (only === undefined) return [];
  return further.length === 0 ? only : joined(sets.flat());
}

/** The VLANs that both sets have. */
export function commonVlans(a: VlanRanges, b: VlanRanges): VlanRanges {
  const common: VlanRange[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [one, other] = [a[i], b[j]];
    if (one === undefined || other === undefined) return common;
    const from = Math.max(one.from, other.from);
    const to = Math.min(one.to, other.to);
    if (from <= to) common.push({ from, to });
    // The next that can overlap with the longer one.
    if (one.to < other.to) i += 1;
    else j += 1;
  }
}

/** The VLANs of `a` that `b` lacks. */
export function withoutVlans(a: VlanRanges, b: VlanRanges): VlanRanges {
  const left: VlanRange[] = [];
  let next = 0;
  for (const { from, to } of a) {
    let begin = from;
    for (let taken = b[next]; taken !== undefined && taken.from <= to; taken = b[next]) {
      if (begin < taken.from) left.push({ from: begin, to: taken.from - 1 });
      begin = Math.max(begin, taken.to + 1);
      // What reaches beyond this range may take from the next one too.
      if (taken.to > to) break;
      next += 1;
    }
    if (begin <= to) left.push({ from: begin, to });
  }
  return left;
}

/** Writes a set as a list of ranges, such as "10,100-110". */
export function printVlanRanges(ranges: VlanRanges): string {
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

function joined(ranges: readonly VlanRange[]): VlanRanges {
  const sets: { from: number; to: number }[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = sets.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else sets.push({ from, to });
  }
  return sets;
}
