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

/** Templates, and models that name no device. */
const SHARED = `${APP_LABEL}=${APP},${TYPE_LABEL} in (template,model),!${DEVICE_LABEL}`;

/** Name of the ConfigMap with the interface model of a device. */
export function interfaceModelName(device: string): string {
  return `interfaces-${device}`;
}

/**
 * Reads models, templates and Device (push step 4; fence, rule 3). Models and templates are of one moment: a consistent
 * list of what devices share says which revision that is, and the device's own are read at exactly this one. The Device
 * comes after them: a model newer than the Device would show claims whose leaving is not known yet.
 *
 * The API server may hold a consistent list up to 100 ms back, until its cache has caught up with etcd. So there is one
 * only, {@link api} joins those of one process, and the Device is got by name, which waits for nothing.
 * @param readDevice called when everything else was read
 * @returns `busy` in words when there is nothing to push from at the moment
 * @throws ApiError, also `Expired` when the revision was compacted in between; what `readDevice` throws
 */
export async function readSnapshot(
  configMaps: Pick<Client<ConfigMap>, 'list'>,
  namespace: string,
  name: string,
  readDevice: () => Promise<Device>,
): Promise<Snapshot | { busy: string }> {
  const shared = await configMaps.list({ namespace, labelSelector: SHARED });
  // Not the models of other devices: with a push of each of them that would be the square of their number.
  const own = await configMaps.list({
    namespace,
    labelSelector: `${APP_LABEL}=${APP},${TYPE_LABEL}=model,${DEVICE_LABEL}=${name}`,
    resourceVersion: shared.resourceVersion,
    resourceVersionMatch: 'Exact',
  });
  return assemble(await readDevice(), [...shared.items, ...own.items]);
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
