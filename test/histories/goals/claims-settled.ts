import { parseEntry } from '../../../lib/ledger/entry.ts';
import { isRebuilding } from '../../../lib/ledger/release.ts';
import { requestFacts } from '../../../lib/ledger/request.ts';
import type { Goal } from './goal.ts';

export const claimsSettled: Goal = {
  name: 'active claims are the accepted generations, and nothing is reserved',
  missed({ record, platform }) {
    for (const name of platform.switches.keys()) {
      const device = record.device(name);
      if (device === undefined) return `${name} has no ledger`;
      if (isRebuilding(device)) return `the ledger of ${name} is still being rebuilt`;
      for (const [port, entry] of Object.entries(device.spec)) {
        const { active, reserved } = parseEntry(port, entry);
        const where = `${port}@${name}`;
        if (reserved[0] !== undefined) return `${reserved[0].uid} still has a reservation on ${where}`;
        for (const { uid, generation, timestamp } of active) {
          const request = record.request(uid);
          const accepted = request === undefined ? undefined : requestFacts(request).accepted;
          if (accepted?.generation !== generation || accepted.timestamp !== timestamp) {
            return `${uid}@${generation} of ${timestamp} on ${where}, accepted is ${JSON.stringify(accepted)}`;
          }
        }
      }
    }
    for (const request of record.requests()) {
      const { uid, accepted, namespace, name } = requestFacts(request);
      if (accepted === undefined || record.lossy.has(uid)) continue;
      for (const { device, port } of record.listed(uid, accepted.generation) ?? []) {
        const entry = record.device(device)?.spec[port];
        const active = entry === undefined ? [] : parseEntry(port, entry).active;
        if (!active.some((claim) => claim.uid === uid)) return `${namespace}/${name} lacks ${port}@${device}`;
      }
    }
    return undefined;
  },
};
