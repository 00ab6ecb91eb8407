/** Comparisons that fail with the difference, line by line. */

export class Difference extends Error {
  override readonly name = 'Difference';
}

/** Lines that only one side has, each marked `-` (expected) or `+` (found), in order. */
export function difference(expected: readonly string[], found: readonly string[]): string[] {
  // Longest common subsequence: the texts have a few hundred lines at most.
  const lengths = Array.from({ length: expected.length + 1 }, () => new Uint16Array(found.length + 1));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = expected.length - 1; i >= 0; i -= 1) {
    for (let j = found.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = expected[i] === found[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < expected.length || j < found.length) {
    if (i < expected.length && j < found.length && expected[i] === found[j]) {
      i += 1;
      j += 1;
    } else if (j >= found.length || (i < expected.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${expected[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${found[j]}`);
      j += 1;
    }
  }
  return lines;
}

/** @throws Difference naming `what` and every line that is missing (-) or too many (+). */
export function expectLines(what: string, expected: readonly string[], found: readonly string[]): void {
  const lines = difference(expected, found);
  if (lines.length > 0) throw new Difference(`${what} is not as it should be:\n${lines.join('\n')}`);
}

/** @throws Difference if the two are not the same text. */
export function expectText(what: string, expected: string, found: string): void {
  expectLines(what, expected.trimEnd().split('\n'), found.trimEnd().split('\n'));
}
