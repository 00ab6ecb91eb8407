import { parseEntry } from '../../../lib/ledger/entry.ts';
import type { Goal } from './goal.ts';

export const oneOrder: Goal = {
  name: 'requests of a tenant have one order on all ports they share',
  missed({ record }) {
    const above = new Map<string, string>();
    for (const device of record.devices()) {
      for (const [port, entry] of Object.entries(device.spec)) {
        const order = parseEntry(port, entry).active.map(({ uid }) => uid);
        const top = entry.annotations.uid;
        if (top !== undefined && top !== order[0])
          return `${port}@${device.metadata.name}: ${top} is on top of ${order[0]}`;
        for (const [index, upper] of order.entries()) {
          for (const lower of order.slice(index + 1)) {
            const where = `${port}@${device.metadata.name}`;
            const other = above.get(`${lower} ${upper}`);
            if (other !== undefined) return `${upper} is above ${lower} on ${where}, below it on ${other}`;
            above.set(`${upper} ${lower}`, where);
          }
        }
      }
    }
    return undefined;
  },
};
