import type { Device } from '../../../crds/types.gen.ts';
import { topClaim } from '../../../lib/ledger/claim.ts';
import type { Property } from './property.ts';

/** Blame 4: what was confirmed went with a lost Device; a push that lets nobody in would park what its switch runs. */
export const firstPush: Property = {
  name: 'blame: the first push of a Device lets somebody in',
  onWrite({ by, target, before, after }, { switches, broken }) {
    if (target.plural !== 'devices' || before === undefined || after === undefined) return;
    const [was, is] = [before as Device, after as Device];
    const { applied, held = [] } = is.status ?? {};
    if (applied === undefined || applied.uid !== is.metadata.uid) return;
    if (was.status?.applied?.uid === applied.uid) return;
    const pushed = switches.get(is.metadata.name);
    // It booted, or somebody typed on it, after the commit.
    if (pushed?.disturbed === true) return;
    const shown = pushed?.shown();
    const waiting = Object.entries(is.spec).flatMap(([port, entry]) => {
      const top = topClaim(entry);
      // On top already in the version of the ledger that was pushed.
      if (top === undefined || top.since >= applied.generation) return [];
      return held.some(({ uid }) => uid === top.uid) ? [] : [{ port, uid: top.uid }];
    });
    // A push replaces everything: whoever is shown was let in, though another may be on top by now.
    if (waiting.length === 0 || (shown !== undefined && shown.size > 0)) return;
    const left = waiting.map(({ port, uid }) => `${uid} on ${port}`).join(', ');
    broken(`${by} confirms ${is.metadata.name} for the first time without ${left}`);
  },
};
