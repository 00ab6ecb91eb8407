import { comparePorts } from '../../lib/ports/port.ts';
import type { PortName } from '../../lib/ports/port.ts';
import { countPorts, expandPort } from '../../lib/ports/range.ts';

/** The most entries `ports` may have (crds/interface.yaml); a longer list stays as it was written. */
export const MAX_LISTED = 512;

/**
 * The ports of one service as sorted text, each once.
 * @returns undefined when the list holds anything that is not a port or a range, or more ports than a list may have:
 * it is then left to validation, which names what is wrong.
 */
export function expandPorts(items: unknown): PortName[] | undefined {
  if (!Array.isArray(items) || items.length > MAX_LISTED) return undefined;
  // S-06: counted before anything is built.
  let total = 0;
  for (const item of items as unknown[]) {
    if (typeof item !== 'string' && typeof item !== 'number') return undefined;
    const count = countPorts(item);
    if (typeof count !== 'number') return undefined;
    total += count;
    // Twice, because a port may be listed more than once.
    if (total > MAX_LISTED * 2) return undefined;
  }
  const ports = new Set<PortName>();
  for (const item of items as (string | number)[]) {
    const expanded = expandPort(item);
    if (!Array.isArray(expanded)) return undefined;
    for (const port of expanded) ports.add(port);
  }
  return ports.size > MAX_LISTED ? undefined : [...ports].sort(comparePorts);
}
