/** Highest VLAN id of 802.1Q. */
export const LAST_VLAN = 4094;

/**
 * Reads an EOS VLAN list such as `10,20-25`. Written apart from `lib/ports` on purpose: the simulator
 * judges what the platform renders, so it must not share its mistakes.
 * @returns sorted ids without repeats, or undefined when the text is no list of VLANs 1..4094
 */
export function parseVlanList(text: string): number[] | undefined {
  const ids = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (first < 1 || last > LAST_VLAN || first > last) return undefined;
    for (let id = first; id <= last; id++) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}

/** Prints ids as EOS does: sorted, runs as `a-b`. @param ids sorted */
export function formatVlanList(ids: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === id - 1) run[1] = id;
    else runs.push([id, id]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
