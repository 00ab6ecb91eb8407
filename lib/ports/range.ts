import { canonicalPort, comparePorts } from './port.ts';
import type { PortName } from './port.ts';
import { quoted } from './quoted.ts';

/** The most ports one request, and one list, may have. */
export const MAX_PORTS = 4096;

export interface PortProblem {
  reason: 'InvalidPort' | 'TooManyPorts';
  message: string;
}

/** Ports that follow each other. */
export interface PortSpan {
  /** "49/" of "49/1-4", or "". */
  prefix: string;
  from: number;
  to: number;
}

const ITEM = /^((?:(?:0|[1-9][0-9]{0,3})\/){0,2})(0|[1-9][0-9]{0,3})(?:-(0|[1-9][0-9]{0,3}))?$/;
const MAX_ITEM = 24;

/**
 * Expands one item of `ports`: 7, "7", "1-5" or "49/1-4" (the range runs over the last part only).
 * Refusals cost the same whatever the size of the range is: nothing is built before all is checked.
 */
export function expandPort(item: string | number): PortName[] | PortProblem {
  const span = parsePortSpan(item);
  if ('reason' in span) return span;
  return expandSpan(span);
}

/**
 * How many ports an item stands for, without building them.
 * @returns the count, or what is wrong with the item
 */
export function countPorts(item: string | number): number | PortProblem {
  const span = parsePortSpan(item);
  if ('reason' in span) return span;
  return span.to - span.from + 1;
}

/**
 * Reads a list such as "1-5,7,49/1-4" into ports, in the order written, repeated ports once. Empty text is an
 * empty list; spaces are refused.
 */
export function parsePortList(text: string): PortName[] | PortProblem {
  if (text === '') return [];
  const ports = new Set<PortName>();
  // 4096 items of at most 24 characters and a comma
  if (text.length > MAX_PORTS * (MAX_ITEM + 1)) return tooMany('A list', text.length);
  for (const item of text.split(',')) {
    const span = parsePortSpan(item);
    if ('reason' in span) return span;
    for (const port of expandSpan(span)) ports.add(port);
    if (ports.size > MAX_PORTS) return tooMany('The list', ports.size);
  }
  return [...ports];
}

/** Writes ports as a sorted list of ranges: the inverse of {@link parsePortList}. */
export function compressPorts(ports: Iterable<PortName>): string {
  const spans: PortSpan[] = [];
  for (const port of [...new Set(ports)].sort(comparePorts)) {
    const cut = port.lastIndexOf('/') + 1;
    const prefix = port.slice(0, cut);
    const number = Number(port.slice(cut));
    const last = spans.at(-1);
    if (last !== undefined && last.prefix === prefix && last.to === number - 1) last.to = number;
    else spans.push({ prefix, from: number, to: number });
  }
  return spans.map(({ prefix, from, to }) => `${prefix}${from}${from === to ? '' : `-${to}`}`).join(',');
}

function expandSpan({ prefix, from, to }: PortSpan): PortName[] {
  // By far the most: requests are stored expanded.
  if (from === to) return [`${prefix}${from}`];
  return Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);
}

/**
 * Reads one item of `ports`, without building the ports.
 * @returns the span, or what is wrong with the item
 */
export function parsePortSpan(item: string | number): PortSpan | PortProblem {
  if (typeof item === 'number') {
    if (canonicalPort(item) === undefined) return invalid(String(item));
    return { prefix: '', from: item, to: item };
  }
  const parts = item.length <= MAX_ITEM ? ITEM.exec(item) : null;
  if (parts === null) return invalid(quoted(item));
  const from = Number(parts[2]);
  const to = parts[3] === undefined ? from : Number(parts[3]);
  if (to < from) return { reason: 'InvalidPort', message: `Range ${quoted(item)} runs backwards` };
  const size = to - from + 1;
  if (size > MAX_PORTS) return tooMany(`Range ${quoted(item)}`, size);
  return { prefix: parts[1] ?? '', from, to };
}

function invalid(shown: string): PortProblem {
  return {
    reason: 'InvalidPort',
    message: `${shown} is not a port or a range of ports: write "7", "1-5" or "49/1-4", numbers 0 to 9999`,
  };
}

function tooMany(what: string, size: number): PortProblem {
  return { reason: 'TooManyPorts', message: `${what} has ${size} ports, at most ${MAX_PORTS} are allowed` };
}
