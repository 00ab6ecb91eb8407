import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import type { EventInput, EventRecorder } from '../../../lib/kube/events.ts';
import type { Log } from '../../../lib/kube/log.ts';
import { silentLog } from '../../../lib/kube/log.ts';
import { watchDevices } from '../../../services/device-watcher/watch.ts';
import { watcher } from '../../../services/interface-watcher/watcher.ts';
import { inventorySource } from '../../../services/scheduler/inventory-source.ts';
import { scheduler } from '../../../services/scheduler/schedule.ts';
import { createStores } from '../../../services/scheduler/stores.ts';
import type { Cluster } from '../kubernetes/connection.ts';
import { connectionOf } from '../kubernetes/connection.ts';
import type { Process } from '../world/process.ts';
import type { World } from '../world/world.ts';

/** What the services tell people. */
export type Heard = (event: EventInput) => void;

const namespace = PLATFORM_NAMESPACE;

/** A log in which only errors of our own code count: with a stack, they are bugs. */
function logOf(world: World, process: Process): Log {
  const check = (fields: object, message: string): void => {
    if ('stack' in fields)
      world.violate('the code throws no error of its own', `${message} ${JSON.stringify(fields)}`);
    else if (world.story.telling && 'error' in fields) {
      world.story.tell(process.name, `logs: ${message}: ${String(fields.error)}`);
    }
  };
  const log: Log = { ...silentLog, warn: check, error: check, child: () => log };
  return log;
}

function recorder(heard: Heard): EventRecorder {
  return { event: heard, stop: () => Promise.resolve() };
}

/** The whole service as it runs, but for its leader election: R7, it must hold with any number of leaders. */
export function startInterfaceWatcher(cluster: Cluster, process: Process, heard: Heard): void {
  const service = watcher({
    connection: connectionOf(cluster, process),
    namespace,
    log: logOf(cluster.world, process),
    events: recorder(heard),
    hideOwners: false,
    requireTenant: false,
    clock: process.clock,
    random: process.random,
  });
  service.watch();
  void lead(cluster.world, process, () => service.start());
}

export function startDeviceWatcher(cluster: Cluster, process: Process, heard: Heard): void {
  const service = watchDevices({
    connection: connectionOf(cluster, process),
    namespace,
    events: recorder(heard),
    log: logOf(cluster.world, process),
    clock: process.clock,
    random: process.random,
  });
  void lead(cluster.world, process, () => service.lead());
}

export function startScheduler(cluster: Cluster, process: Process, heard: Heard): void {
  const common = {
    connection: connectionOf(cluster, process),
    namespace,
    log: logOf(cluster.world, process),
    clock: process.clock,
    random: process.random,
  };
  const stores = createStores(common.connection, common);
  const inventory = inventorySource({ ...common, events: recorder(heard) });
  const service = scheduler({ ...common, image: 'enforcer', stores, inventory });
  stores.start();
  void lead(cluster.world, process, () => service.lead());
}

/** A leader that cannot begin leaves, and is started again. */
async function lead(world: World, process: Process, begin: () => Promise<void>): Promise<void> {
  try {
    await begin();
  } catch {
    world.kill(process, 'leaves: it could not begin to lead');
  }
}
