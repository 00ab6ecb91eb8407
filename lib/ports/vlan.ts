import { quoted } from './quoted.ts';

export interface VlanProblem {
  message: string;
}

export const FIRST_VLAN = 1;
export const LAST_VLAN = 4094;

const ITEM = /^([1-9][0-9]{0,3})(?:-([1-9][0-9]{0,3}))?$/;
const MAX_ITEM = 9;

/**
 * Expands VLAN ids and ranges (10, "10", "100-110") to sorted ids, each once.
 * @returns the ids, or what is wrong with the first bad item
 */
export function expandVlans(items: readonly (string | number)[]): number[] | VlanProblem {
  const ids = new Set<number>();
  for (const item of items) {
    const span = parseVlanSpan(item);
    if ('message' in span) return span;
    for (let id = span.from; id <= span.to; id++) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}

/** Reads a compressed list such as "10,100-110". Empty text is an empty list. */
export function parseVlanList(text: string): number[] | VlanProblem {
  return text === '' ? [] : expandVlans(text.split(','));
}

/** Writes VLAN ids as a sorted list of ranges, such as "10,100-110". */
export function compressVlans(ids: Iterable<number>): string {
  const spans: { from: number; to: number }[] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last !== undefined && last.to === id - 1) last.to = id;
    else spans.push({ from: id, to: id });
  }
  return spans.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** Whether the value is a VLAN id, 1..4094. */
export function isVlan(id: unknown): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= FIRST_VLAN && id <= LAST_VLAN;
}

/** Reads a VLAN id or a range of ids, without building the ids. */
export function parseVlanSpan(item: string | number): { from: number; to: number } | VlanProblem {
  const shown = typeof item === 'number' ? String(item) : quoted(item);
  const text = String(item);
  const parts = text.length <= MAX_ITEM ? ITEM.exec(text) : null;
  const from = Number(parts?.[1]);
  const to = parts?.[2] === undefined ? from : Number(parts[2]);
  if (!isVlan(from) || !isVlan(to)) {
    return { message: `${shown} is not a VLAN or a range of VLANs: write 10 or "100-110", ids 1 to 4094` };
  }
  if (to < from) return { message: `VLAN range ${shown} runs backwards` };
  return { from, to };
}
