import {
  APP,
  APP_LABEL,
  DEVICE_GENERATION_ANNOTATION,
  DEVICE_LABEL,
  DEVICE_UID_ANNOTATION,
  MODEL_KEY,
  REBUILDING_ANNOTATION,
  TYPE_LABEL,
} from '../../crds/names.ts';
import type { Device, Ledger } from '../../crds/types.gen.ts';
import type { Client } from '../../lib/kube/client.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import { isMapping, readYaml } from '../../lib/ports/safe-yaml.ts';

/** Everything a push is made from, as it stood at one moment. */
export interface Snapshot {
  device: Device;
  /** Uid and generation of the Device that the interface model was made from; it may lag the Device. */
  model: { uid: string; generation: number; tops: Ledger };
  models: ConfigMap[];
  templates: ConfigMap[];
}

/** Name of the ConfigMap with the interface model of a device. */
export function interfaceModelName(device: string): string {
  return `interfaces-${device}`;
}

/**
 * Reads Device, models and templates at one point (push step 4; fence, rule 3): a list of one Device says which
 * revision that is, and everything else is read at exactly this one. A model newer than the Device would show
 * claims whose leaving is not known yet.
 * @returns `busy` in words when there is nothing to push from at the moment
 * @throws ApiError, also `Expired` when the revision was compacted in between
 */
export async function readSnapshot(
  devices: Client<Device>,
  configMaps: Client<ConfigMap>,
  namespace: string,
  name: string,
): Promise<Snapshot | { busy: string }> {
  const { items, resourceVersion } = await devices.list({
    namespace,
    fieldSelector: `metadata.name=${name}`,
  });
  const [device] = items;
  if (device === undefined) return { busy: `Device ${name} does not exist` };
  // Not the models of other devices: with a push of each of them that would be the square of their number.
  const parts = [
    `${TYPE_LABEL}=template`,
    `${TYPE_LABEL}=model,!${DEVICE_LABEL}`,
    `${TYPE_LABEL}=model,${DEVICE_LABEL}=${name}`,
  ];
  const lists = await Promise.all(
    parts.map((part) =>
      configMaps.list({
        namespace,
        labelSelector: `${APP_LABEL}=${APP},${part}`,
        resourceVersion,
        resourceVersionMatch: 'Exact',
      }),
    ),
  );
  return assemble(
    device,
    lists.flatMap(({ items: maps }) => maps),
  );
}

/** The pure part of {@link readSnapshot}. */
export function assemble(device: Device, maps: readonly ConfigMap[]): Snapshot | { busy: string } {
  const { name, uid, annotations } = device.metadata;
  if (annotations?.[REBUILDING_ANNOTATION] === 'true')
    return { busy: `The ledger of ${name} is being rebuilt` };

  const ofType = (type: string): ConfigMap[] =>
    maps.filter(({ metadata }) => metadata.labels?.[TYPE_LABEL] === type);
  const models = ofType('model');
  const own = models.find(
    ({ metadata }) => metadata.name === interfaceModelName(name) && metadata.labels?.[DEVICE_LABEL] === name,
  );
  if (own === undefined) return { busy: `The model of ${name} is not written yet` };
  const madeFrom = own.metadata.annotations?.[DEVICE_UID_ANNOTATION];
  const generation = Number(own.metadata.annotations?.[DEVICE_GENERATION_ANNOTATION]);
  if (uid === undefined || madeFrom !== uid) return { busy: `The model of ${name} is of an earlier Device` };
  if (!Number.isSafeInteger(generation) || generation < 1) {
    return { busy: `The model of ${name} does not say which generation it is of` };
  }
  const tops = readYaml(own.data?.[MODEL_KEY] ?? '', `${own.metadata.name}/${MODEL_KEY}`);
  if (tops !== null && tops !== undefined && !isMapping(tops))
    return { busy: `The model of ${name} is not a map of ports` };
  // The device-watcher writes what the API server has checked; only its shape was lost on the way.
  return {
    device,
    model: { uid, generation, tops: (tops ?? {}) as Ledger },
    models,
    templates: ofType('template'),
  };
}
