import { isDeepStrictEqual } from 'node:util';
import type { Device } from '../../../crds/types.gen.ts';
import { ownClaims, parseEntry } from '../../../lib/ledger/entry.ts';
import { claimants } from '../../../lib/ledger/settle.ts';
import { sameJson } from '../../../lib/kube/same-json.ts';
import type { Property } from './property.ts';

/** R1, R2: one write changes claims of one request only, and none changes nothing. */
export const oneRequestAWrite: Property = {
  name: 'R1, R2: a write of the ledger changes claims of one request',
  onWrite({ by, target, before, after }, { broken }) {
    if (target.plural !== 'devices' || target.subresource !== undefined) return;
    if (before === undefined || after === undefined) return;
    const [old, next] = [before as Device, after as Device];
    const touched = new Set<string>();
    const uids = new Set([...claimants(old), ...claimants(next)].map(({ uid }) => uid));
    for (const port of new Set([...Object.keys(old.spec), ...Object.keys(next.spec)])) {
      const [was, is] = [old, next].map(({ spec }) => {
        const entry = spec[port];
        return entry === undefined ? undefined : parseEntry(port, entry);
      });
      for (const uid of uids)
        if (!isDeepStrictEqual(ownClaims(was, uid), ownClaims(is, uid))) touched.add(uid);
    }
    if (touched.size > 1)
      broken(`${by} changes claims of ${[...touched].join(' and ')} on ${next.metadata.name}`);
    if (sameJson(old, next)) broken(`${by} writes ${next.metadata.name} and changes nothing`);
  },
};
