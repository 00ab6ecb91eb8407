import type { Interface } from '../../../crds/types.gen.ts';
import { parseEntry } from '../../../lib/ledger/entry.ts';
import { requestFacts } from '../../../lib/ledger/request.ts';
import type { AtRest, Goal } from './goal.ts';
import { PORT_NAMES } from '../parts/settings.ts';

export const decided: Goal = {
  name: 'each request is accepted and ready, or refused because of an active claim',
  missed({ record, platform }) {
    for (const request of record.requests()) {
      const { namespace, name, generation, accepted, uid } = requestFacts(request);
      const who = `${namespace}/${name} (${uid}@${generation})`;
      const ready = request.status?.conditions?.find(({ type }) => type === 'Ready');
      const said = `${ready?.reason}: ${ready?.message}`;
      if (accepted?.generation === generation) {
        if (record.lossy.has(uid) || ready?.status === 'True') continue;
        if (isHeld(uid, { record, platform })) continue;
        return `${who} is accepted and not ready: ${said}`;
      }
      if (!isRefusable(request, { record, platform })) return `${who} is refused for nothing: ${said}`;
      if (ready?.status !== 'False') return `${who} does not say that it is refused: ${said}`;
    }
    return undefined;
  },
};

/** A switch does not take it, and it says so. */
function isHeld(uid: string, { record, platform }: AtRest): boolean {
  return [...platform.switches.keys()].some((name) =>
    (record.device(name)?.status?.held ?? []).some((held) => held.uid === uid),
  );
}

function isRefusable(request: Interface, { record }: AtRest): boolean {
  const { uid, generation, namespace } = requestFacts(request);
  const listed = record.listed(uid, generation);
  if (listed === undefined) return true;
  return listed.some(({ device, port }) => {
    if (!PORT_NAMES.some((known) => known === port)) return true;
    const entry = record.device(device)?.spec[port];
    return (
      entry !== undefined &&
      entry.annotations.namespace !== namespace &&
      parseEntry(port, entry).active.length > 0
    );
  });
}
