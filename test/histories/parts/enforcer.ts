import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import { parseInventory } from '../../../lib/inventory/parse.ts';
import { messageOf } from '../../../lib/kube/errors.ts';
import { silentLog } from '../../../lib/kube/log.ts';
import { api } from '../../../services/enforcer/api.ts';
import { journal } from '../../../services/enforcer/journal.ts';
import { push } from '../../../services/enforcer/push.ts';
import type { Cluster } from '../kubernetes/connection.ts';
import { connectionOf } from '../kubernetes/connection.ts';
import type { Process } from '../world/process.ts';
import { driverOf } from './driver.ts';
import type { LedgerVersion, Switch } from './switch.ts';

/** As in the enforcer's own main: before the Job's time is over. */
const DEADLINE_MS = 120_000;

export interface Order {
  readonly job: string;
  readonly pod: string;
  readonly asked: boolean;
  /** Text of the slice of the inventory. */
  readonly slice: string;
  readonly switches: ReadonlyMap<string, Switch>;
  /** Ledger version of the last model read, by device; filled by whoever watches the reads. */
  readonly read: ReadonlyMap<string, LedgerVersion>;
}

/** Pushes every device of the slice. @returns whether each push came to an outcome, good or bad */
export async function runEnforcer(cluster: Cluster, process: Process, order: Order): Promise<boolean> {
  const { world } = cluster;
  const { clock } = process;
  const driver = driverOf({ world, process, switches: order.switches, read: order.read });
  const devices = [...parseInventory({ hosts: order.slice }).devices.values()];
  const ends = await Promise.all(
    devices.map(async (device, index) => {
      try {
        const outcome = await push({
          device,
          driver,
          api: api(connectionOf(cluster, process), PLATFORM_NAMESPACE),
          job: order.job,
          asked: order.asked,
          identity: `${order.pod}/${index}`,
          journal: journal(silentLog, clock),
          clock,
          hide: (text) => text,
          deadline: clock.monotonic() + DEADLINE_MS,
          signal: new AbortController().signal,
        });
        world.story.tell(process.name, `${device.name}: ${outcome ?? 'nothing told'}`);
        return true;
      } catch (error) {
        if (isBug(error)) world.violate('the code throws no error of its own', messageOf(error));
        world.story.tell(process.name, `${device.name}: failed, ${messageOf(error)}`);
        return false;
      }
    }),
  );
  return ends.every(Boolean);
}

function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}
