import { topClaim } from '../../../lib/ledger/claim.ts';
import { isRebuilding } from '../../../lib/ledger/release.ts';
import type { Property } from './property.ts';

/** One tenant never stops another: a port keeps what it shows, while that is what the ledger wants there. */
export const kept: Property = {
  name: '(d) a port keeps what it shows while that claim is on top',
  onCommit(name, before, { record, switches, broken }) {
    const device = record.device(name);
    const target = switches.get(name);
    if (device === undefined || isRebuilding(device) || target === undefined || target.disturbed) return;
    const after = target.shown();
    for (const [port, { uid, generation }] of before) {
      const entry = device.spec[port];
      const top = entry === undefined ? undefined : topClaim(entry);
      if (top?.uid !== uid || top.generation !== generation || after.has(port)) continue;
      broken(`${port}@${name} showed ${uid}@${generation}, which is on top, and is parked`);
    }
  },
};
