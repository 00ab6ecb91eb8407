/**
 * Unified diff with three lines of context, hunks only, as the body of `show session-config diffs`.
 * @returns empty when the texts are equal
 */
export function unifiedDiff(before: readonly string[], after: readonly string[]): string[] {
  const edits = editScript(before, after);
  if (edits.every(({ sign }) => sign === ' ')) return [];
  return hunks(edits);
}

const CONTEXT = 3;

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

function editScript(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let tail = 0;
  while (
    tail < before.length - start &&
    tail < after.length - start &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  const same = (text: string): Edit => ({ sign: ' ', text });
  return [
    ...before.slice(0, start).map(same),
    ...shortest(before.slice(start, before.length - tail), after.slice(start, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** Furthest `before` position reached on each diagonal -d…d after d edits. */
type Frontier = Int32Array;

function reached(frontier: Frontier | undefined, distance: number, diagonal: number): number {
  return frontier?.[diagonal + distance] ?? -1;
}

/** Whether the best way to a diagonal adds a line (from the diagonal above) rather than removes one. */
function comesFromAbove(frontier: Frontier | undefined, distance: number, diagonal: number): boolean {
  if (diagonal === -distance) return true;
  if (diagonal === distance) return false;
  return reached(frontier, distance - 1, diagonal - 1) < reached(frontier, distance - 1, diagonal + 1);
}

/** Myers' greedy algorithm, O((n + m) d). */
function shortest(before: readonly string[], after: readonly string[]): Edit[] {
  const frontiers: Frontier[] = [];
  for (let distance = 0; distance <= before.length + after.length; distance++) {
    const last = frontiers.at(-1);
    const frontier = new Int32Array(2 * distance + 1).fill(-1);
    frontiers.push(frontier);
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      let x = 0;
      if (distance > 0) {
        x = comesFromAbove(last, distance, diagonal)
          ? reached(last, distance - 1, diagonal + 1)
          : reached(last, distance - 1, diagonal - 1) + 1;
      }
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      frontier[diagonal + distance] = x;
      if (x >= before.length && x - diagonal >= after.length) return walkBack(frontiers, before, after);
    }
  }
  return [];
}

function walkBack(
  frontiers: readonly Frontier[],
  before: readonly string[],
  after: readonly string[],
): Edit[] {
  const edits: Edit[] = [];
  let x = before.length;
  let y = after.length;
  for (let distance = frontiers.length - 1; distance >= 0; distance--) {
    const above = distance > 0 && comesFromAbove(frontiers[distance - 1], distance, x - y);
    const previous = x - y + (above ? 1 : -1);
    const fromX = distance === 0 ? 0 : reached(frontiers[distance - 1], distance - 1, previous);
    const fromY = distance === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) {
      x--;
      y--;
      edits.push({ sign: ' ', text: before[x] ?? '' });
    }
    if (distance === 0) break;
    if (above) edits.push({ sign: '+', text: after[--y] ?? '' });
    else edits.push({ sign: '-', text: before[--x] ?? '' });
  }
  return edits.toReversed();
}

function range(start: number, length: number): string {
  // difflib and GNU diff agree: an empty side names the line before it.
  if (length === 1) return `${start + 1}`;
  return `${length === 0 ? start : start + 1},${length}`;
}

function hunks(edits: readonly Edit[]): string[] {
  const changed = edits.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  const spans: [number, number][] = [];
  for (const index of changed) {
    const last = spans.at(-1);
    if (last !== undefined && index - CONTEXT <= last[1] + CONTEXT + 1) last[1] = index;
    else spans.push([index, index]);
  }
  const lines: string[] = [];
  let beforeLine = 0;
  let afterLine = 0;
  let cursor = 0;
  const advance = (to: number) => {
    for (; cursor < to; cursor++) {
      const sign = edits[cursor]?.sign;
      if (sign !== '+') beforeLine++;
      if (sign !== '-') afterLine++;
    }
  };
  for (const [first, last] of spans) {
    const from = Math.max(0, first - CONTEXT);
    const to = Math.min(edits.length, last + CONTEXT + 1);
    advance(from);
    const part = edits.slice(from, to);
    const removed = part.filter(({ sign }) => sign !== '+').length;
    const added = part.filter(({ sign }) => sign !== '-').length;
    lines.push(`@@ -${range(beforeLine, removed)} +${range(afterLine, added)} @@`);
    lines.push(...part.map(({ sign, text }) => `${sign}${text}`));
  }
  return lines;
}
