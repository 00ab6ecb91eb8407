import { MANAGED_BY_LABEL } from '../../crds/names.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { controller } from '../../lib/kube/controller.ts';
import type { EventRecorder } from '../../lib/kube/events.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import { CONFIG_MAPS, DEVICES } from '../../lib/kube/resources.ts';
import { PRIORITY_CHANGE, PRIORITY_RESYNC } from '../../lib/kube/queue.ts';
import { MANAGER, modelName } from './fold.ts';
import { modelReconciler } from './reconcile.ts';

export interface DeviceWatcherOptions {
  readonly connection: Connection;
  readonly namespace: string;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  refused?(device: string): void;
}

export interface DeviceWatcher {
  hasSynced(): boolean;
  /** Begins to write; until then it only watches. */
  lead(): Promise<void>;
  stopWatching(): Promise<void>;
  stopWriting(): Promise<void>;
}

/** Keeps a model for every Device: on each change of either, it decides again from what is stored. */
export function watchDevices(options: DeviceWatcherOptions): DeviceWatcher {
  const { connection, namespace, log, metrics, clock, random } = options;
  const kit = { log, ...(metrics && { metrics }), ...(clock && { clock }), ...(random && { random }) };
  const common = { ...kit, namespace };
  const devices = informer(connection, DEVICES, common);
  const models = informer(connection, CONFIG_MAPS, {
    ...common,
    labelSelector: `${MANAGED_BY_LABEL}=${MANAGER}`,
  });
  const worker = controller({
    ...kit,
    name: 'device',
    sources: [devices, models],
    backoff: { baseMs: 100, maxMs: 60_000 },
    begin: names,
    resync: { keys: names },
    reconcile: modelReconciler({
      connection,
      namespace,
      devices: devices.store,
      models: models.store,
      events: options.events,
      log,
      refused: (device) => options.refused?.(device),
    }),
  });

  /** Models as well: their Device may be gone. */
  function names(): Set<string> {
    return new Set([
      ...devices.store.list().map(({ metadata }) => metadata.name),
      ...models.store.list().map(({ metadata }) => deviceOf(metadata.name)),
    ]);
  }

  devices.onChange(({ key, initial }) =>
    worker.enqueue(key.slice(key.indexOf('/') + 1), {
      priority: initial ? PRIORITY_RESYNC : PRIORITY_CHANGE,
    }),
  );
  models.onChange(({ key, initial }) =>
    worker.enqueue(deviceOf(key.slice(key.indexOf('/') + 1)), {
      priority: initial ? PRIORITY_RESYNC : PRIORITY_CHANGE,
    }),
  );
  devices.start();
  models.start();

  return {
    hasSynced: () => devices.hasSynced() && models.hasSynced(),
    lead: () => worker.start(),
    async stopWatching() {
      await Promise.all([devices.stop(), models.stop()]);
    },
    stopWriting: () => worker.stop(),
  };
}

const PREFIX = modelName('');

function deviceOf(model: string): string {
  return model.startsWith(PREFIX) ? model.slice(PREFIX.length) : model;
}
