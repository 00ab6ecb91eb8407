import { topClaim } from '../../../lib/ledger/claim.ts';
import type { Goal } from './goal.ts';

export const switchesShowLedger: Goal = {
  name: 'switches show their ledgers, except for what is held back',
  missed({ record, platform }) {
    for (const [name, target] of platform.switches) {
      const device = record.device(name);
      if (device === undefined) return `${name} has no ledger`;
      if (target.armed) return `${name} waits for a confirm`;
      const shown = target.shown();
      for (const port of new Set([...Object.keys(device.spec), ...shown.keys()])) {
        const entry = device.spec[port];
        const top = entry === undefined ? undefined : topClaim(entry);
        const really = shown.get(port);
        if (top?.uid === really?.uid && top?.generation === really?.generation) continue;
        // A held request leaves its port as it was, or parked.
        const held = (device.status?.held ?? []).some(({ uid }) => uid === top?.uid);
        if (held) continue;
        const wanted = top === undefined ? 'nothing' : `${top.uid}@${top.generation}`;
        const found = really === undefined ? 'nothing' : `${really.uid}@${really.generation}`;
        return `${port}@${name} should show ${wanted} and shows ${found}`;
      }
    }
    return undefined;
  },
};
