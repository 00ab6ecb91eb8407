import type { Device } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import type { Result } from '../../lib/kube/controller.ts';
import { isNotFound } from '../../lib/kube/errors.ts';
import type { EventRecorder } from '../../lib/kube/events.ts';
import type { Log } from '../../lib/kube/log.ts';
import { CONFIG_MAPS, DEVICES, type ConfigMap } from '../../lib/kube/resources.ts';
import type { Store } from '../../lib/kube/store.ts';
import { decide, type Decision, type StoredModel } from './decide.ts';
import { modelName, type Model } from './fold.ts';

export interface ReconcileOptions {
  readonly connection: Connection;
  readonly namespace: string;
  readonly devices: Store<Device>;
  /** Only ConfigMaps with the ownership label. */
  readonly models: Store<ConfigMap>;
  readonly events: EventRecorder;
  readonly log: Log;
  /** Counts each ConfigMap that bears a model's name and is not the device-watcher's. */
  refused(device: string): void;
}

/**
 * A ledger that shows the same ports in its next generation has mostly got a reservation: the write that activates it
 * follows within this time, and one write of the model serves both. Nothing waits for the model meanwhile.
 */
const GATHER_MS = 100;

/**
 * Brings the model of one device up to date. Every write is conditional on what was read; a conflict throws and is
 * tried again from reads (R1, R11).
 * @returns a function of the device's name
 */
export function modelReconciler(options: ReconcileOptions): (device: string) => Promise<Result> {
  const { connection, namespace, events, log } = options;
  const configMaps = client(connection, CONFIG_MAPS);
  const devices = client(connection, DEVICES);

  /** Devices whose next model shows the same ports, and has waited for other news. */
  const gathering = new Set<string>();

  async function readModel(name: string): Promise<ConfigMap | undefined> {
    return orNothing(configMaps.get({ namespace, name: modelName(name) }));
  }

  async function carryOut(name: string, decision: Decision, stored: StoredModel | undefined) {
    switch (decision.do) {
      case 'create':
        await configMaps.create(configMap(decision.model, namespace));
        log.info({ device: name }, 'Model created');
        return;
      case 'replace':
        await configMaps.replace(configMap(decision.model, namespace, stored));
        log.debug({ device: name }, 'Model written');
        return;
      case 'delete': {
        const { uid, resourceVersion } = stored?.metadata ?? {};
        if (uid === undefined || resourceVersion === undefined) return;
        await configMaps.delete({ namespace, name: modelName(name) }, { uid, resourceVersion });
        log.info({ device: name }, 'Empty model of a removed device deleted');
        return;
      }
      case 'refuse': {
        options.refused(name);
        const note = `ConfigMap ${modelName(name)} is not the device-watcher's (label app.kubernetes.io/managed-by): rename or delete it, else ${name} is not programmed`;
        log.error(
          { device: name, configMap: modelName(name) },
          'A ConfigMap of the model’s name belongs to somebody else',
        );
        const device = options.devices.get(`${namespace}/${name}`);
        if (device !== undefined) {
          events.event({
            regarding: device,
            type: 'Warning',
            reason: 'ModelNameTaken',
            action: 'WriteModel',
            note,
          });
        }
        // Whoever removes it need not tell anybody: look again now and then.
        throw new ForeignConfigMap(note);
      }
      case 'nothing':
      case 'look-again':
    }
  }

  return async (name) => {
    const key = `${namespace}/${name}`;
    const cached = options.models.get(`${namespace}/${modelName(name)}`);
    const first = decide(options.devices.get(key) as Device | undefined, cached, false);
    const isNews = first.do !== 'replace' || !first.samePorts;
    if (!gathering.delete(name) && !isNews) {
      gathering.add(name);
      return { requeueAfter: GATHER_MS };
    }
    // A model that is not in the store may be one of somebody else, which the store leaves out.
    if (first.do !== 'look-again' && !(cached === undefined && first.do === 'create')) {
      return carryOut(name, first, cached);
    }
    // R11: the model first, then the Device: whatever is written between the two makes the write below fail.
    const stored = await readModel(name);
    const device = await orNothing(devices.get({ namespace, name }));
    await carryOut(name, decide(device, stored, true), stored);
  };
}

/** A model cannot be written before somebody acts. */
export class ForeignConfigMap extends Error {
  override readonly name = 'ForeignConfigMap';
}

/** The ConfigMap of a model; what others added to the stored one stays. */
function configMap(model: Model, namespace: string, stored?: StoredModel): ConfigMap {
  const resourceVersion = stored?.metadata.resourceVersion;
  const uid = stored?.metadata.uid;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: model.name,
      namespace,
      labels: { ...stored?.metadata.labels, ...model.labels },
      annotations: { ...stored?.metadata.annotations, ...model.annotations },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(uid === undefined ? {} : { uid }),
    },
    data: { ...model.data },
  };
}

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
