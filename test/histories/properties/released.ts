import type { Device } from '../../../crds/types.gen.ts';
import { hasActiveClaim } from '../../../lib/ledger/claim.ts';
import type { Property, Scene } from './property.ts';

/** R5: when the finalizer goes, nothing of the request counts or is shown any more, and nothing comes back. */
export const released: Property = {
  name: '(c) R5: nothing is active or shown for a request whose finalizer went',
  onWrite({ target, before, after }, scene) {
    if (target.plural === 'devices' && after !== undefined) checkLedger(after as Device, scene);
    const uid = before?.metadata.uid ?? '';
    if (target.plural !== 'interfaces' || !scene.record.released.has(uid)) return;
    for (const device of scene.record.devices()) checkLedger(device, scene);
    for (const name of scene.switches.keys()) checkSwitch(name, scene);
  },
  always: (device, scene) => checkSwitch(device, scene),
};

function checkLedger(device: Device, { record, broken }: Scene): void {
  const { name } = device.metadata;
  // Out of the inventory counts as confirmed: nobody waited for it.
  if (record.everOut.has(name)) return;
  for (const uid of record.released) {
    for (const [port, entry] of Object.entries(device.spec)) {
      if (hasActiveClaim(entry, uid)) broken(`${uid} was released and is active on ${port}@${name}`);
    }
  }
}

function checkSwitch(name: string, { record, switches, broken }: Scene): void {
  const target = switches.get(name);
  if (target === undefined || target.disturbed || record.everOut.has(name)) return;
  for (const [port, { uid }] of target.shown()) {
    if (record.released.has(uid)) broken(`${uid} was released and is shown on ${port}@${name}`);
  }
}
