/** Conditions as the Kubernetes API conventions want them. Pure; the time is a parameter. */
import type { Condition } from '../../crds/types.gen.ts';
import type { DeepReadonly } from './types.ts';

/** `maxLength` of a condition's message (metav1.Condition). */
const MESSAGE_LIMIT = 32_768;

export function findCondition(
  conditions: readonly DeepReadonly<Condition>[] | undefined,
  type: string,
): DeepReadonly<Condition> | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * The conditions with one of them set, in its old place or at the end. `lastTransitionTime` is `now` (RFC 3339) only if
 * `status` is different from before.
 */
export function setCondition(
  conditions: readonly DeepReadonly<Condition>[] | undefined,
  next: Omit<Condition, 'lastTransitionTime'>,
  now: string,
): Condition[] {
  const previous = findCondition(conditions, next.type);
  const lastTransitionTime = previous?.status === next.status ? previous.lastTransitionTime : now;
  const condition: Condition = { ...next, message: next.message.slice(0, MESSAGE_LIMIT), lastTransitionTime };
  if (!previous) return [...(conditions ?? []), condition];
  return (conditions ?? []).map((each) => (each.type === next.type ? condition : each));
}

/** The conditions without one: for those that are only there while they are true. */
export function removeCondition(
  conditions: readonly DeepReadonly<Condition>[] | undefined,
  type: string,
): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
