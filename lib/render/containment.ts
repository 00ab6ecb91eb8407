import type { PortName } from '../ports/port.ts';
import { quoted } from '../ports/quoted.ts';
import { parseVlanList } from '../ports/vlan.ts';
import { hasControl } from './clean.ts';
import type { Dialect } from './dialect.ts';

/** A port's section after the check: the interface and its commands; its VLANs are declared by the caller. */
export type Contained = { lines: string[] } | { problem: string };

const VLAN = /^vlan ([1-9][0-9]{0,3})$/;
const CARRIED = /^switchport (?:access|trunk allowed) vlan (?:add )?(.*)$/;

/**
 * Checks that a rendered section stays on its port: bare `vlan N` of its own VLANs first, then one `interface`
 * line of its own port, then commands of the platform's list, at the end perhaps `exit`. A `vlan` after the
 * interface would put what follows into the VLAN's mode, a command before it into the section above.
 */
export function contain(
  text: string,
  port: PortName,
  vlans: ReadonlySet<number>,
  dialect: Dialect,
): Contained {
  const own = dialect.interfaceLine(port);
  const lines: string[] = [];
  let left = false;
  for (const written of text.split('\n')) {
    const line = written.trim();
    if (line === '' || line === '!') continue;
    if (hasControl(line)) return { problem: `${quoted(line)} holds a control character` };
    if (left) return { problem: `${quoted(line)} stands after exit` };
    if (lines.length === 0) {
      const id = VLAN.exec(line)?.[1];
      if (line === own) lines.push(own);
      else if (id === undefined) return { problem: `${quoted(line)} stands before ${quoted(own)}` };
      else if (!vlans.has(Number(id))) return { problem: `VLAN ${id} is not one of the port's VLANs` };
      continue;
    }
    if (line === 'exit') {
      left = true;
      continue;
    }
    const problem = checkCommand(line, vlans, dialect);
    if (problem !== undefined) return { problem };
    lines.push(`   ${line}`);
  }
  return lines.length === 0 ? { problem: `there is no line ${quoted(own)}` } : { lines };
}

function checkCommand(line: string, vlans: ReadonlySet<number>, dialect: Dialect): string | undefined {
  const [word = ''] = line.replace(/^no +/, '').split(' ');
  if (!dialect.portCommands.has(word)) return `${quoted(line)} may not stand in a port's section`;
  // S-18: a trunk carries what was asked for and nothing else.
  const list = CARRIED.exec(line.replace(/ +/g, ' '))?.[1];
  if (list === undefined || list === 'none') return undefined;
  const ids = parseVlanList(list);
  if (!Array.isArray(ids)) return `${quoted(line)}: ${ids.message}`;
  const stranger = ids.find((id) => !vlans.has(id));
  return stranger === undefined
    ? undefined
    : `${quoted(line)}: VLAN ${stranger} is not one of the port's VLANs`;
}
