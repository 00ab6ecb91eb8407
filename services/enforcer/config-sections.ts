/**
 * A configuration as the platform compares it: by section. A section is a line that is not indented with the
 * indented lines below it (every platform with an industry-style CLI prints it so).
 */
export interface SectionChange {
  /** Such as `interface Ethernet7`, or a line that stands alone. */
  header: string;
  before: readonly string[] | undefined;
  after: readonly string[] | undefined;
}

export type Sections = ReadonlyMap<string, readonly string[]>;

/**
 * Lines that count: without blank lines, `!` and `! …` lines, `end` and trailing blanks. `!!` is a comment that
 * the switch keeps, so it stays.
 */
export function canonicalLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== 'end' && !isEmpty(line.trimStart()));
}

function isEmpty(words: string): boolean {
  return words === '' || words === '!' || words.startsWith('! ');
}

/** @param standsFor the separate headers that one header means, such as those of `vlan 10,20` */
export function sections(text: string, standsFor: (header: string) => readonly string[] = only): Sections {
  const found = new Map<string, string[]>();
  let bodies: string[][] = [];
  for (const line of canonicalLines(text)) {
    if (/^\s/.test(line) && bodies.length > 0) {
      for (const body of bodies) body.push(line);
      continue;
    }
    bodies = standsFor(line).map((header) => {
      const body = found.get(header) ?? [];
      found.set(header, body);
      return body;
    });
  }
  return found;
}

function only(header: string): readonly string[] {
  return [header];
}

/** Sections that differ, in the order of `before`, then of `after`. */
export function changedSections(before: Sections, after: Sections): SectionChange[] {
  const headers = new Set([...before.keys(), ...after.keys()]);
  const changes: SectionChange[] = [];
  for (const header of headers) {
    const [was, is] = [before.get(header), after.get(header)];
    if (was !== undefined && is !== undefined && sameLines(was, is)) continue;
    changes.push({ header, before: was, after: is });
  }
  return changes;
}

/** The change as lines `-…` and `+…` under its header, for people. */
export function changeLines({ header, before, after }: SectionChange): string[] {
  if (before === undefined) return [`+${header}`, ...(after ?? []).map((line) => `+${line}`)];
  if (after === undefined) return [`-${header}`, ...before.map((line) => `-${line}`)];
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ` ${header}`,
    ...before.filter((line) => !is.has(line)).map((line) => `-${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+${line}`),
  ];
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
