import type { Device } from '../../../crds/types.gen.ts';
import { configHash } from '../../../services/enforcer/config-hash.ts';
import type { Property } from './property.ts';

/** Fence 7 and late status writes: who writes `applied` tells of the configuration that runs at that moment. */
export const appliedRuns: Property = {
  name: '(d) R9: applied is the configuration that runs',
  onWrite({ by, target, before, after }, { switches, broken }) {
    if (target.plural !== 'devices' || after === undefined) return;
    const [was, is] = [before as Device | undefined, after as Device].map(
      (device) => device?.status?.applied,
    );
    if (is === undefined || (is.at === was?.at && is.configHash === was.configHash)) return;
    const shown = switches.get(after.metadata.name);
    if (shown === undefined || shown.disturbed || configHash(shown.running) === is.configHash) return;
    broken(`${by} calls applied on ${after.metadata.name} what it does not run`);
  },
};
