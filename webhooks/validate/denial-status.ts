import { GROUP } from '../../crds/names.ts';
import type { Denial } from './denial.ts';
import { joinPorts } from './denial-ranges.ts';
import { nextStep } from './next-step.ts';

/** A Kubernetes Status, as kubectl and client libraries understand it. */
export interface DenialStatus {
  status: 'Failure';
  /** 409 would make kubectl try again, 403 would make it print the whole patch. */
  code: 422;
  reason: 'Invalid';
  message: string;
  details: { group: string; kind: 'Interface'; name: string; causes: DenialCause[] };
}

export interface DenialCause {
  reason: string;
  field: string;
  message: string;
}

/** More denials than this are shown as ranges of ports. */
const MAX_CAUSES = 64;
/** Then the whole answer stays below 8 KiB: what is too much is counted. */
const MAX_MESSAGE = 2500;
const MAX_CAUSES_LENGTH = 4500;

/**
 * The answer to a request that is denied: one cause per port, and last what to do about it.
 * @param denials at least one, in the order of the request
 */
export function denialStatus(name: string, denials: readonly Denial[]): DenialStatus {
  const many = denials.length > MAX_CAUSES;
  const shown = many ? joinPorts(denials) : denials;
  const causes = shown.map(({ reason, field, message }) => ({ reason, field, message }));
  const messages = causes.map(({ message }) => message);
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message: (many ? withinLength(messages, MAX_MESSAGE, (text) => text.length) : messages).join(', '),
    details: {
      group: GROUP,
      kind: 'Interface',
      name,
      causes: [...(many ? capped(causes) : causes), advice(denials)],
    },
  };
}

function capped(causes: DenialCause[]): DenialCause[] {
  let length = 0;
  const kept = causes.slice(0, MAX_CAUSES).filter((cause) => {
    length += JSON.stringify(cause).length + 1;
    return length <= MAX_CAUSES_LENGTH;
  });
  const left = causes.length - kept.length;
  const first = causes[kept.length];
  if (left === 0 || first === undefined) return kept;
  return [...kept, { reason: first.reason, field: 'spec.services', message: `and ${left} more problems` }];
}

function withinLength(texts: string[], longest: number, size: (text: string) => number): string[] {
  let length = 0;
  const kept = texts.filter((text) => (length += size(text) + 2) <= longest);
  const left = texts.length - kept.length;
  return left === 0 ? kept : [...kept, `and ${left} more problems`];
}

function advice(denials: readonly Denial[]): DenialCause {
  const reasons = [...new Set(denials.map(({ reason }) => reason))];
  return {
    reason: reasons[0] ?? 'PolicyUnavailable',
    field: 'spec',
    message: reasons.map((reason) => `${reason}: ${nextStep(reason)}`).join('. '),
  };
}
