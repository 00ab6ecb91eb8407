import { DENIALS } from '../../crds/reasons.ts';
import type { PortName } from '../../lib/ports/port.ts';
import type { Denial } from './denial.ts';
import type { Warning } from './warning.ts';

/** As {@link Warning}, while its ports are gathered. */
interface PortTakeOver {
  reason: 'PortTakeOver';
  device: string;
  ports: PortName[];
  request: string;
}

/** What the policy decided. */
export type Decision = { allow: true; warnings: Warning[] } | { allow: false; denials: Denial[] };

/** The most of each that is read: a request has at most 4096 ports and 2176 VLAN entries. */
const MAX_ENTRIES = 8192;

/**
 * Reads the policy's decision document. Anything but a well-formed one is an error, and errors deny: an undefined
 * result, `allow` beside denials, a refusal without a reason.
 * @param result what the evaluation gave: a list with one result set
 * @throws Error that says what is malformed
 */
export function readDecision(result: unknown): Decision {
  if (!Array.isArray(result) || result.length !== 1) throw new Error('the policy decided nothing');
  const first: unknown = result[0];
  const document = isRecord(first) ? first['result'] : undefined;
  if (!isRecord(document)) throw new Error('the decision is not an object');
  const { allow, denials, warnings } = document;
  if (typeof allow !== 'boolean') throw new Error('decision.allow is not a boolean');
  if (!Array.isArray(denials) || !Array.isArray(warnings)) throw new Error('the decision has no lists');
  if (denials.length > MAX_ENTRIES || warnings.length > MAX_ENTRIES)
    throw new Error('the decision is too long');
  if (allow && denials.length > 0) throw new Error('the decision allows and denies');
  if (!allow && denials.length === 0) throw new Error('the decision denies without a reason');
  if (!allow) return { allow, denials: denials.map(readDenial) };
  return { allow, warnings: joinWarnings(warnings.map(readWarning)) };
}

function readDenial(value: unknown): Denial {
  if (!isRecord(value)) throw new Error('a denial is not an object');
  const reason = DENIALS.find((id) => id === value['reason']);
  if (reason === undefined) throw new Error('a denial has an unknown reason');
  const denial: Denial = { reason, field: text(value, 'field'), message: text(value, 'message') };
  if (value['device'] !== undefined) denial.device = text(value, 'device');
  if (value['port'] !== undefined) denial.port = text(value, 'port');
  return denial;
}

function readWarning(value: unknown): PortTakeOver {
  if (!isRecord(value) || value['reason'] !== 'PortTakeOver') throw new Error('a warning is malformed');
  return {
    reason: 'PortTakeOver',
    device: text(value, 'device'),
    ports: [text(value, 'port')],
    request: text(value, 'request'),
  };
}

/** One warning per device and request, with all its ports. */
function joinWarnings(warnings: readonly PortTakeOver[]): Warning[] {
  const joined = new Map<string, PortTakeOver>();
  for (const warning of warnings) {
    const key = JSON.stringify([warning.device, warning.request]);
    const before = joined.get(key);
    if (before === undefined) joined.set(key, warning);
    else before.ports.push(...warning.ports);
  }
  return [...joined.values()];
}

function text(value: Record<string, unknown>, field: string): string {
  const found = value[field];
  if (typeof found !== 'string' || found === '') throw new Error(`${field} is not text`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
