import {
  APP,
  APP_LABEL,
  DEVICE_GENERATION_ANNOTATION,
  DEVICE_LABEL,
  DEVICE_UID_ANNOTATION,
  MANAGED_BY_LABEL,
  TYPE_LABEL,
} from '../../crds/names.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { informer, type Informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import {
  CONFIG_MAPS,
  DEVICES,
  JOBS,
  PODS,
  type ConfigMap,
  type Job,
  type Pod,
} from '../../lib/kube/resources.ts';
import type { Device } from '../../crds/types.gen.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { ASKS } from './ask.ts';
import { JOB_LABELS, JOB_SELECTOR, serves, slicesOf } from './job.ts';

/** Everything the scheduler watches, beside the inventory: what is due is computed from these and nothing else. */
export interface Stores {
  readonly devices: Informer<Device>;
  /** Interface models, without their data. */
  readonly models: Informer<ConfigMap>;
  /** Base models and templates, and what else of the platform is a ConfigMap. */
  readonly platform: Informer<ConfigMap>;
  readonly asks: Informer<ConfigMap>;
  /** Index `device`. */
  readonly jobs: Informer<Job>;
  /** Index `device`. */
  readonly pods: Informer<Pod>;
  hasSynced(): boolean;
  start(): void;
  whenSynced(): Promise<void>;
  stop(): Promise<void>;
}

/** Who writes interface models (device-watcher). */
const MODEL_MANAGER = 'device-watcher';

export function createStores(
  connection: Connection,
  options: {
    readonly namespace: string;
    readonly log: Log;
    readonly metrics?: Metrics;
    readonly clock?: Clock;
    /** In [0, 1). */
    readonly random?: () => number;
  },
): Stores {
  const common = options;
  const byDevice = { device: (object: DeepReadonly<Job> | DeepReadonly<Pod>) => slicesOf(object).flat() };
  const devices = informer(connection, DEVICES, common);
  const models = informer(connection, CONFIG_MAPS, {
    ...common,
    labelSelector: `${APP_LABEL}=${APP},${TYPE_LABEL}=model,${MANAGED_BY_LABEL}=${MODEL_MANAGER}`,
    // Only the annotations matter here: 5,000 models would be hundreds of MB.
    transform: ({ data: _data, ...rest }) => rest,
  });
  const platform = informer(connection, CONFIG_MAPS, {
    ...common,
    // S-45: of this namespace alone.
    labelSelector: `${APP_LABEL}=${APP},${MANAGED_BY_LABEL}!=${MODEL_MANAGER}`,
  });
  const asks = informer(connection, CONFIG_MAPS, { ...common, fieldSelector: `metadata.name=${ASKS}` });
  const jobs = informer(connection, JOBS, { ...common, labelSelector: JOB_SELECTOR, indexes: byDevice });
  const pods = informer(connection, PODS, {
    ...common,
    labelSelector: `${MANAGED_BY_LABEL}=${JOB_LABELS[MANAGED_BY_LABEL]},${TYPE_LABEL}=enforcer`,
    indexes: byDevice,
  });
  const all = [devices, models, platform, asks, jobs, pods];
  return {
    ...{ devices, models, platform, asks, jobs, pods },
    hasSynced: () => all.every((one) => one.hasSynced()),
    start() {
      for (const one of all) one.start();
    },
    async whenSynced() {
      await Promise.all(all.map((one) => one.whenSynced()));
    },
    async stop() {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

/** Jobs made for an ask by name. */
export function jobsFor(stores: Pick<Stores, 'jobs'>, device: string, ask: string): DeepReadonly<Job>[] {
  return stores.jobs.store.byIndex('device', device).filter((job) => serves(job, device, ask));
}

/** From which version of which Device a model was made; undefined if it does not say so properly. */
export function versionOf(
  model: DeepReadonly<ConfigMap> | undefined,
): { readonly uid: string; readonly generation: number } | undefined {
  const uid = model?.metadata.annotations?.[DEVICE_UID_ANNOTATION];
  const generation = Number(model?.metadata.annotations?.[DEVICE_GENERATION_ANNOTATION]);
  return uid === undefined || !Number.isSafeInteger(generation) ? undefined : { uid, generation };
}

/** The device that a model or template is about; undefined: any may be. */
export function deviceOf(object: DeepReadonly<ConfigMap>): string | undefined {
  return object.metadata.labels?.[DEVICE_LABEL];
}

/** Whether it is a model or a template: other ConfigMaps of the platform say nothing about a configuration. */
export function isRendered(object: DeepReadonly<ConfigMap> | undefined): boolean {
  const type = object?.metadata.labels?.[TYPE_LABEL];
  return type === 'model' || type === 'template';
}
