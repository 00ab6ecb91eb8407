import type { Element } from './element.ts';

/**
 * All groups of a host in the order in which Nornir asks them: depth first, in the order written, each at its
 * first place. Unknown groups and cycles are problems.
 */
export function lineage(host: Element, groups: ReadonlyMap<string, Element>, problems: string[]): string[] {
  const order: string[] = [];
  const visit = (element: Element, trail: readonly string[]): void => {
    for (const [index, name] of element.groups.entries()) {
      if (trail.includes(name)) {
        const cycle = [...trail.slice(trail.indexOf(name)), name].map(
          (step) => groups.get(step)?.path ?? '?',
        );
        problems.push(`${element.path}.groups: ${cycle.join(' → ')} is a cycle`);
        continue;
      }
      const group = groups.get(name);
      if (group === undefined) {
        problems.push(
          `${element.path}.groups: item ${index + 1}${element.place(['groups'])} is not in the groups file`,
        );
        continue;
      }
      // Already asked, with all its parents.
      if (order.includes(name)) continue;
      order.push(name);
      visit(group, [...trail, name]);
    }
  };
  visit(host, []);
  return order;
}

/** The first value that is set: the host's, else a group's in order, else the defaults'. */
export function inherit<T>(
  chain: readonly Element[],
  pick: (element: Element) => T | undefined,
): T | undefined {
  for (const element of chain) {
    const value = pick(element);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Data by key, each from the nearest element that has it; values are not merged, as in Nornir. */
export function inheritData(chain: readonly Element[]): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const element of chain) {
    for (const [key, value] of Object.entries(element.data)) {
      if (!Object.hasOwn(data, key)) data[key] = value;
    }
  }
  return data;
}
