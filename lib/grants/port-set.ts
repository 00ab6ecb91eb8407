import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import { parsePortSpan } from '../ports/range.ts';
import type { PortProblem, PortSpan } from '../ports/range.ts';

/** The item that stands for every port that may be delegated. */
const EVERY_PORT = '*';

/** The ports of a grant. */
export interface PortSet {
  /** Every port that may be delegated: what else a grant lists is then of no weight. */
  readonly every: boolean;
  /** Sorted spans with a gap between each two. */
  readonly spans: readonly PortSpan[];
}

/** Reads one item of a grant's `ports`: as in a request, or "*". */
export function readPorts(item: string | number): PortSet | PortProblem {
  if (item === EVERY_PORT) return { every: true, spans: [] };
  const span = parsePortSpan(item);
  return 'reason' in span ? span : { every: false, spans: [span] };
}

/** All ports of these sets. */
export function unitePorts(sets: readonly PortSet[]): PortSet {
  const sorted = sets.flatMap(({ spans }) => spans).sort(byPrefix);
  const spans: PortSpan[] = [];
  for (const span of sorted) {
    const last = spans.at(-1);
    if (last !== undefined && last.prefix === span.prefix && span.from <= last.to + 1) {
      last.to = Math.max(last.to, span.to);
    } else spans.push({ ...span });
  }
  return { every: sets.some(({ every }) => every), spans };
}

/** Whether the set has the port. Uplinks and reserved ports are refused elsewhere, whatever is granted. */
export function hasPort({ every, spans }: PortSet, port: PortName): boolean {
  if (every) return true;
  const cut = port.lastIndexOf('/') + 1;
  const prefix = port.slice(0, cut);
  const number = Number(port.slice(cut));
  return spans.some((span) => span.prefix === prefix && span.from <= number && number <= span.to);
}

/** The set in words: "1-5,7", or "every port that may be delegated". */
export function printPorts({ every, spans }: PortSet): string {
  if (every) return 'every port that may be delegated';
  return spans.map(({ prefix, from, to }) => `${prefix}${from}${from === to ? '' : `-${to}`}`).join(',');
}

/** Spans of one prefix stand together. */
function byPrefix(a: PortSpan, b: PortSpan): number {
  return comparePorts(`${a.prefix}0`, `${b.prefix}0`) || a.from - b.from;
}
