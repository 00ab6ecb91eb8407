import type { Device } from '../../../crds/types.gen.ts';
import { parseEntry } from '../../../lib/ledger/entry.ts';
import type { Property } from './property.ts';

/** R2: all claims on a physical port are of one namespace, and it passes to another only through being free. */
export const oneOwner: Property = {
  name: '(a) R2: a port never has two owners',
  onWrite({ target, before, after }, { record, broken }) {
    if (target.plural !== 'devices' || target.subresource !== undefined || after === undefined) return;
    const [old, next] = [before as Device | undefined, after as Device];
    const owners = new Map<string, string>();
    for (const [port, entry] of Object.entries(next.spec)) {
      const { namespace, active, reserved } = parseEntry(port, entry);
      const where = `${port}@${next.metadata.name}`;
      const was = old?.spec[port]?.annotations.namespace;
      if (was !== undefined && was !== namespace) broken(`${where} passes from ${was} to ${namespace}`);
      for (const { uid, owner } of [...active, ...reserved]) {
        const of = record.namespaces.get(uid);
        if (of !== namespace) broken(`${where} of ${namespace} carries a claim of ${of}/${owner}`);
      }
      if ((entry.others ?? []).length > 16) broken(`${where} has more than 16 other claims`);
      // R8: names that differ are different ports of the switch.
      const physical = String(Number(port));
      const other = owners.get(physical);
      if (other !== undefined && other !== namespace) broken(`${where} is a port of ${other}, too`);
      owners.set(physical, namespace);
    }
  },
};
