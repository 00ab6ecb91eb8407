import type { Warning as WarningId } from '../../crds/reasons.ts';
import type { PortName } from '../../lib/ports/port.ts';
import { shownPorts } from './denial-ranges.ts';

/** Something the tenant should know about a request that is stored all the same. */
export interface Warning {
  reason: WarningId;
  device: string;
  ports: readonly PortName[];
  /** PortTakeOver: the request that gives the ports up. */
  request?: string;
}

const MAX_WARNINGS = 10;
/** Kubernetes shows 120 characters of a warning without trouble. */
const MAX_LENGTH = 120;

/** The texts kubectl prints: at most 10 of at most 120 characters, the last one counting what was left out. */
export function warningTexts(warnings: readonly Warning[]): string[] {
  const texts = [...new Set(warnings.map(warningText))];
  if (texts.length <= MAX_WARNINGS) return texts;
  const left = texts.length - (MAX_WARNINGS - 1);
  return [...texts.slice(0, MAX_WARNINGS - 1), `and ${left} more warnings`];
}

function warningText({ reason, device, ports, request }: Warning): string {
  if (reason === 'DeviceUnreachable') {
    return cut(`DeviceUnreachable: ${device} does not answer now, the change waits for it`);
  }
  const words =
    reason === 'PortTakeOver'
      ? ['PortTakeOver: ports ', `@${device} pass from your request ${request ?? 'before'} to this one`]
      : ['DefaultShutdown: ports ', `@${device} will be down: set shutdown: false to use`];
  const [before = '', after = ''] = words;
  const room = Math.max(12, MAX_LENGTH - before.length - after.length);
  return cut(`${before}${shownPorts(ports, room)}${after}`);
}

function cut(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}
