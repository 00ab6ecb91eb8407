/** Shortest and longest wait after a failed try, in milliseconds. */
export const SHORTEST_BACK_OFF = 5_000;
export const LONGEST_BACK_OFF = 300_000;

/**
 * How long to leave a device alone after its `tries`th failed try: 5 s, doubled each time, at most 5 min,
 * spread by an eighth either way so that switches which fail together do not come back together.
 * The spread is drawn from `device` and `tries`: stored state alone tells the moment, also after a restart.
 * @param device uid of the Device
 * @param tries at least 1; less counts as 1
 * @returns milliseconds
 */
export function backOff(device: string, tries: number): number {
  const doublings = Math.min(Math.max(tries, 1) - 1, 20);
  const plain = Math.min(LONGEST_BACK_OFF, SHORTEST_BACK_OFF * 2 ** doublings);
  const spread = 0.875 + 0.25 * fraction(`${device}:${tries}`);
  return Math.round(Math.min(LONGEST_BACK_OFF, Math.max(SHORTEST_BACK_OFF, plain * spread)));
}

/** FNV-1a over UTF-16 units, as a number in [0, 1). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}
