import { canonicalDevice, isDeviceName } from '../ports/port.ts';
import { quoted } from '../ports/quoted.ts';

/** What the inventory says of a switch, as far as grants are concerned. */
export interface GroupedDevice {
  /** All groups it is in. */
  readonly groups: readonly string[];
}

/** The switches of a grant. */
export interface DeviceSet {
  /** Canonical names. */
  readonly names: ReadonlySet<string>;
  readonly ranges: readonly NameRange[];
  /** Groups of the inventory. */
  readonly groups: ReadonlySet<string>;
}

/** `leaf[1-20]`: names that differ in a number only. */
interface NameRange {
  readonly before: string;
  readonly from: number;
  readonly to: number;
  readonly after: string;
}

const RANGE = /^([-A-Za-z0-9.]*)\[(0|[1-9][0-9]{0,3})-(0|[1-9][0-9]{0,3})\]([-A-Za-z0-9.]*)$/;
const NUMBER = /^(?:0|[1-9][0-9]{0,3})$/;

/**
 * Reads one item of a grant's `devices`, in any case of letters. A switch that is not in the inventory is none the
 * less a good name.
 * @returns the name or the range, or what is wrong with the item
 */
export function readDevice(item: string): { name: string } | { range: NameRange } | { problem: string } {
  if (isDeviceName(item)) return { name: canonicalDevice(item) };
  const [, before = '', first = '', last = '', after = ''] = RANGE.exec(item) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || !isDeviceName(`${before}${last}${after}`)) {
    return {
      problem: `${quoted(item)} is not a device or a range of devices: write "leaf1" or "leaf[1-20]"`,
    };
  }
  if (to < from) return { problem: `Range ${quoted(item)} runs backwards` };
  return { range: { before: canonicalDevice(before), from, to, after: canonicalDevice(after) } };
}

/** Whether the set has a switch of the inventory. */
export function hasDevice(set: DeviceSet, name: string, { groups }: GroupedDevice): boolean {
  if (set.names.has(name)) return true;
  return set.ranges.some((range) => isIn(range, name)) || groups.some((group) => set.groups.has(group));
}

function isIn({ before, from, to, after }: NameRange, name: string): boolean {
  if (name.length <= before.length + after.length) return false;
  if (!name.startsWith(before) || !name.endsWith(after)) return false;
  const middle = name.slice(before.length, name.length - after.length);
  // Without leading zeros: no switch has two numbers.
  return NUMBER.test(middle) && from <= Number(middle) && Number(middle) <= to;
}
