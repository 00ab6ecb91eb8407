import type { Condition, Interface } from '../../crds/types.gen.ts';

/** What an Event tells. */
export interface Transition {
  type: 'Normal' | 'Warning';
  reason: string;
  action: string;
  note: string;
}

/** Reasons that people should act on or at least know of. */
const WARNINGS = new Set([
  'DeviceRemoved',
  'Rejected',
  'RenderFailed',
  'RolledBack',
  'DeviceBlocked',
  'NotAdopted',
  'DeviceUnreachable',
]);

/** The Events about a request that a change of its status is worth: only what changed, in the order it is read. */
export function transitions(before: Interface, after: Interface): Transition[] {
  const was = (type: string): Condition | undefined => find(before, type);
  const is = (type: string): Condition | undefined => find(after, type);
  const found: Transition[] = [];
  const tell = (condition: Condition | undefined, type: Transition['type'], action: string): void => {
    if (condition === undefined) return;
    found.push({ type, reason: condition.reason, action, note: condition.message });
  };
  const ready = is('Ready');
  if (ready?.reason === 'Releasing') {
    if (was('Ready')?.reason !== 'Releasing') tell(ready, 'Normal', 'Release');
    return found;
  }
  const accepted = is('Accepted');
  if (isNews(was('Accepted'), accepted) && accepted?.status === 'True') tell(accepted, 'Normal', 'Claim');
  if (isNews(was('Accepted'), accepted) && accepted?.status === 'False') tell(accepted, 'Warning', 'Claim');
  const programmed = is('Programmed');
  if (isNews(was('Programmed'), programmed)) {
    if (programmed?.status === 'True') tell(programmed, 'Normal', 'Program');
    else if (programmed !== undefined && WARNINGS.has(programmed.reason))
      tell(programmed, 'Warning', 'Program');
  }
  if (is('Shadowed') !== undefined && is('Shadowed')?.message !== was('Shadowed')?.message) {
    tell(is('Shadowed'), 'Normal', 'TakeOver');
  }
  const overLimit = is('OverLimit');
  if (overLimit !== undefined && overLimit.message !== was('OverLimit')?.message) {
    tell(overLimit, 'Warning', 'Limit');
  }
  const inSync = is('InSync');
  if (inSync?.status === 'False' && inSync.message !== was('InSync')?.message)
    tell(inSync, 'Warning', 'Check');
  return found;
}

function isNews(before: Condition | undefined, after: Condition | undefined): boolean {
  return (
    before?.status !== after?.status ||
    before?.reason !== after?.reason ||
    before?.observedGeneration !== after?.observedGeneration
  );
}

function find(request: Interface, type: string): Condition | undefined {
  return request.status?.conditions?.find((condition) => condition.type === type);
}
