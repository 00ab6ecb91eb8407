import type { Device } from '../../../crds/types.gen.ts';
import { hasActiveClaim, topClaim } from '../../../lib/ledger/claim.ts';
import { isShown } from '../../../lib/ledger/due.ts';
import { isLeaving } from '../../../lib/ledger/leaving.ts';
import { isRebuilding } from '../../../lib/ledger/release.ts';
import { newlyApplied } from './forward-only.ts';
import type { Property } from './property.ts';

/** A confirmed `since` is shown or held back; what is said to be confirmed is what the switch shows. */
export const shownAsConfirmed: Property = {
  name: '(d) what is confirmed is shown',
  onWrite({ by, target, before, after }, { switches, broken }) {
    if (newlyApplied(target, before, after) === undefined) return;
    const is = after as Device;
    const confirmed = is.status?.confirmed ?? {};
    const shown = switches.get(is.metadata.name);
    if (shown === undefined || shown.disturbed) return;
    const claimed = Object.entries(confirmed).map(
      ([port, { uid, generation }]) => `${port}: ${uid}@${generation}`,
    );
    const really = [...shown.shown()].map(([port, { uid, generation }]) => `${port}: ${uid}@${generation}`);
    const [a, b] = [claimed.sort().join(', '), really.sort().join(', ')];
    if (a !== b) broken(`${by} says that ${is.metadata.name} confirmed [${a}], it shows [${b}]`);
  },
  always(name, { record, switches, broken }) {
    const device = record.device(name);
    const target = switches.get(name);
    if (device === undefined || target === undefined || target.disturbed) return;
    const shown = target.shown();
    for (const [port, entry] of Object.entries(device.spec)) {
      const top = topClaim(entry);
      if (top === undefined || !isShown(device, port, top)) continue;
      const really = shown.get(port);
      if (really?.uid !== top.uid || really.generation !== top.generation) {
        broken(
          `${port}@${name}: ${top.uid}@${top.generation} is confirmed, shown is ${JSON.stringify(really)}`,
        );
      }
    }
  },
};

/** After a confirmed leaving a request is shown only where it has an active claim. */
export const goneIsGone: Property = {
  name: '(d) after a confirmed leaving nothing of it is shown',
  always(name, { record, switches, broken }) {
    const device = record.device(name);
    const target = switches.get(name);
    if (device === undefined || target === undefined || target.disturbed) return;
    if (isRebuilding(device) || record.everOut.has(name)) return;
    for (const [port, { uid }] of target.shown()) {
      if (hasActiveClaim(device.spec[port], uid) || isLeaving(device, uid)) continue;
      // Its tenant gave up the wait, so nobody could tell a Device that was lost that it had been there.
      if (record.stripped.has(uid) && record.everLost.has(name)) continue;
      broken(`${uid} left the ledger of ${name}, its going is confirmed, and ${port} shows it`);
    }
  },
};
