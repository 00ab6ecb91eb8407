import { INTERFACE_CONDITIONS } from '../../crds/reasons.ts';
import type { InterfaceCondition } from '../../crds/reasons.ts';
import type { Condition } from '../../crds/types.gen.ts';
import type { Finding } from './in-sync.ts';
import { MAX_CONDITION_MESSAGE, cut } from './words.ts';

/** Findings by condition; those that are absent are removed. */
export type Findings = Partial<Record<InterfaceCondition, Finding>>;

/**
 * The conditions to store. Each carries the generation (`kubectl wait` and kstatus look at it); the time of the
 * last transition changes with `status` only.
 * @param now RFC 3339
 */
export function conditions(
  before: readonly Condition[],
  findings: Findings,
  generation: number,
  now: string,
): Condition[] {
  return INTERFACE_CONDITIONS.flatMap((type): Condition[] => {
    const finding = findings[type];
    if (finding === undefined) return [];
    const previous = before.find((condition) => condition.type === type);
    const lastTransitionTime = previous?.status === finding.status ? previous.lastTransitionTime : now;
    const message = cut(finding.message, MAX_CONDITION_MESSAGE);
    return [{ type, ...finding, message, lastTransitionTime, observedGeneration: generation }];
  });
}
