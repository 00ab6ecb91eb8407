/** A request as people ask about it: is it done, where not, and why. Pure. */
import { DENIALS } from '../../crds/reasons.ts';
import type { Condition, Interface, InterfaceDeviceStatus } from '../../crds/types.gen.ts';
import { findCondition } from '../../lib/kube/conditions.ts';

export interface RequestView {
  readonly namespace: string;
  readonly name: string;
  readonly ready: Condition['status'];
  /** Reason of Ready. */
  readonly reason: string;
  /** Since when it is so, RFC 3339. */
  readonly since?: string;
  readonly message: string;
  /** It goes as soon as the switches have let go of its ports, and is never ready again. */
  readonly deleting: boolean;
  /** Whether time, a person, or nobody has to do something. */
  readonly next: 'wait' | 'act' | 'nothing';
  readonly conditions: readonly Condition[];
  readonly devices: readonly InterfaceDeviceStatus[];
}

/** Reasons that say that all is well. */
const WELL = new Set(['Accepted', 'Programmed', 'InSync', 'Ready', 'NotChecked']);

export function viewOf({ metadata, status }: Interface): RequestView {
  const conditions = status?.conditions ?? [];
  const ready = findCondition(conditions, 'Ready');
  const deleting = metadata.deletionTimestamp !== undefined;
  const stalled = findCondition(conditions, 'Stalled')?.status === 'True';
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ready: ready?.status ?? 'Unknown',
    reason: ready?.reason ?? 'Pending',
    ...(ready !== undefined && { since: ready.lastTransitionTime }),
    message: ready?.message ?? '',
    deleting,
    // What was stored before the deletion asks for nothing any more.
    next: deleting ? 'wait' : stalled ? 'act' : ready?.status === 'True' ? 'nothing' : 'wait',
    conditions,
    devices: status?.devices ?? [],
  };
}

/** Conditions that tell more than Ready does: of drift, of ports that another request took over, of a limit. */
export function remarks({ message, conditions }: RequestView): Condition[] {
  return conditions.filter(
    (each) => !WELL.has(each.reason) && each.message !== message && each.message !== '',
  );
}

/** Ids that say why the request is not as it was asked for, the first the most important; each once. */
export function troubles({ reason, conditions, devices }: RequestView): string[] {
  const found = [
    reason,
    ...conditions.map((condition) => condition.reason),
    ...devices.flatMap(({ state, conflicts = [] }) => [
      state,
      ...conflicts.map((conflict) => conflict.reason),
    ]),
  ];
  const bad = [...new Set(found)].filter((id) => !WELL.has(id));
  // That a request holds no ports says nothing where the reason is told.
  const told = bad.some((id) => (DENIALS as readonly string[]).includes(id));
  return told ? bad.filter((id) => id !== 'NotAccepted') : bad;
}
