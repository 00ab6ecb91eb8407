import type { Interface } from '../../../crds/types.gen.ts';
import { topClaim } from '../../../lib/ledger/claim.ts';
import { requestFacts } from '../../../lib/ledger/request.ts';
import { parsePortList } from '../../../lib/ports/range.ts';
import type { Property } from './property.ts';

/** R12: what is reported as programmed was shown by the switches. */
export const programmed: Property = {
  name: '(e) R12: Programmed only for what was shown',
  onWrite({ target, before, after }, { record, broken }) {
    if (target.plural !== 'interfaces' || after === undefined) return;
    if (!isProgrammed(after as Interface) || isProgrammed(before as Interface | undefined)) return;
    const { uid, generation, accepted, namespace, name } = requestFacts(after as Interface);
    const who = `${namespace}/${name} (${uid}@${generation})`;
    if (accepted?.generation !== generation) return broken(`${who} is Programmed and not accepted`);
    for (const { device, port } of record.listed(uid, generation) ?? []) {
      if (record.isIncomplete(device) || record.everOut.has(device) || record.lossy.has(uid)) continue;
      const entry = record.device(device)?.spec[port];
      const top = entry === undefined ? undefined : topClaim(entry);
      // Shadowed ports are listed and not shown; what is called so was so in the ledger that was read.
      if (top?.uid !== uid || isCalledShadowed(after as Interface, device, port)) continue;
      if (!record.everShown.has(`${device}/${port}/${uid}@${generation}`)) {
        broken(`${who} is Programmed, and ${port}@${device} has never shown it`);
      }
    }
  },
};

function isCalledShadowed({ status }: Interface, device: string, port: string): boolean {
  const shadowed = status?.devices?.find(({ name }) => name === device)?.shadowed ?? [];
  return shadowed.some(({ ports }) => {
    const list = parsePortList(ports);
    return Array.isArray(list) && list.includes(port);
  });
}

function isProgrammed(request: Interface | undefined): boolean {
  const found = request?.status?.conditions?.find(({ type }) => type === 'Programmed');
  return found?.status === 'True' && found.observedGeneration === request?.metadata.generation;
}
