import type { PortName } from '../../lib/ports/port.ts';
import { compressPorts } from '../../lib/ports/range.ts';
import type { Denial } from './denial.ts';

/** Longest list of ranges shown; what does not fit is counted. */
const LONGEST = 400;

interface Group {
  first: Denial;
  /** The list of the request the ports stand in. */
  field: string;
  /** What is said of each port; undefined where the denial is not about a port. */
  said: string | undefined;
  ports: PortName[];
}

/**
 * Joins denials that say the same of several ports of one service into one that names the ports as ranges:
 * `Ports 1-48@deviceA are owned by …`. Denials that name no port stay as they are.
 */
export function joinPorts(denials: readonly Denial[]): Denial[] {
  const groups = new Map<string, Group>();
  let group: Group | undefined;
  for (const denial of denials) {
    const said = saidOfPort(denial);
    const field = denial.field.replace(/\[\d{1,5}\]$/, '');
    // Most often of the same group as the one before: a key costs more than all the rest.
    if (group === undefined || said === undefined || !isOf(group, denial, field, said)) {
      const key = JSON.stringify([denial.reason, field, denial.device, said ?? denial.message]);
      group = groups.get(key);
      if (group === undefined) {
        group = { first: said === undefined ? denial : { ...denial, field }, field, said, ports: [] };
        groups.set(key, group);
      }
    }
    if (denial.port !== undefined) group.ports.push(denial.port);
  }
  return [...groups.values()].map(({ first, said, ports }) => {
    if (said === undefined || ports.length < 2) return first;
    return { ...first, message: `Ports ${shownPorts(ports, LONGEST)}@${first.device}${plural(said)}` };
  });
}

function isOf(
  { first, field: its, said: itsSaid }: Group,
  denial: Denial,
  field: string,
  said: string,
): boolean {
  const { reason, device } = denial;
  return first.reason === reason && first.device === device && its === field && itsSaid === said;
}

/** Ports as ranges, cut after whole ranges to at most `longest` characters: `1-5,7 and 12 more`. */
export function shownPorts(ports: readonly PortName[], longest: number): string {
  const all = compressPorts(ports);
  if (all.length <= longest) return all;
  let shown = all.slice(0, all.lastIndexOf(',', Math.max(1, longest - ' and 4096 more'.length)));
  if (!all.startsWith(`${shown},`)) shown = '';
  const left = new Set(ports).size - countListed(shown);
  return shown === '' ? `(${left} ports)` : `${shown} and ${left} more`;
}

function countListed(ranges: string): number {
  if (ranges === '') return 0;
  let count = 0;
  for (const range of ranges.split(',')) {
    const [from = '', to] = range.slice(range.lastIndexOf('/') + 1).split('-');
    count += to === undefined ? 1 : Number(to) - Number(from) + 1;
  }
  return count;
}

/** What a message says after `Port 11@deviceA`. */
function saidOfPort({ message, device, port }: Denial): string | undefined {
  const subject = `Port ${port}@${device}`;
  return port !== undefined && message.startsWith(`${subject} `) ? message.slice(subject.length) : undefined;
}

function plural(said: string): string {
  return said.replace(/^ is /, ' are ').replace(/^ does /, ' do ');
}
