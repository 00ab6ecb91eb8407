import {
  DEVICE_GENERATION_ANNOTATION,
  DEVICE_UID_ANNOTATION,
  MANAGED_BY_LABEL,
  MODEL_KEY,
  REBUILDING_ANNOTATION,
} from '../../crds/names.ts';
import type { Device } from '../../crds/types.gen.ts';
import { EMPTY_MODEL, fold, MANAGER, type Model } from './fold.ts';

/** A stored ConfigMap, as far as the decision needs it. */
export interface StoredModel {
  readonly metadata: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
}

export type Decision =
  | { readonly do: 'create'; readonly model: Model }
  /** `samePorts`: of the same Device, with the text of the stored one. */
  | { readonly do: 'replace'; readonly model: Model; readonly samePorts: boolean }
  | { readonly do: 'delete' | 'nothing' }
  /** The name is taken by a ConfigMap that is not the device-watcher's. */
  | { readonly do: 'refuse' }
  /** The model claims to be newer than this Device, or of another one: decide again with the Device as it is stored now. */
  | { readonly do: 'look-again' };

/**
 * What is to be done about a device's model.
 * @param device undefined: there is none
 * @param stored the ConfigMap of the model's name, read before `device` if `fresh`
 * @param fresh whether `device` was read from the API after `stored`; else it came from a cache, which may lag
 */
export function decide(
  device: Device | undefined,
  stored: StoredModel | undefined,
  fresh: boolean,
): Decision {
  // S-15: first of all, whatever the Device says.
  if (stored !== undefined && stored.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER) return { do: 'refuse' };
  if (device === undefined) return decideGone(stored, fresh);
  // R10: no model while the ledger is rebuilt; the old one stays, the rebuild reads it.
  if (device.metadata.annotations?.[REBUILDING_ANNOTATION] === 'true') return { do: 'nothing' };

  const model = fold(device);
  if (stored === undefined) {
    // A lagging cache would bring back the model of a Device that is gone.
    return fresh ? { do: 'create', model } : { do: 'look-again' };
  }
  const sameData = hasData(stored, model);
  if (sameData && isLabelled(stored, model)) return { do: 'nothing' };
  const sameUid = stored.metadata.annotations?.[DEVICE_UID_ANNOTATION] === device.metadata.uid;
  const generation = Number(stored.metadata.annotations?.[DEVICE_GENERATION_ANNOTATION]);
  // R11: never an older generation. One that is newer than the stored Device itself was not written by us.
  const older = !sameUid || !((device.metadata.generation ?? 0) >= generation);
  if (older && !fresh) return { do: 'look-again' };
  return { do: 'replace', model, samePorts: sameData && sameUid };
}

/** A model that shows ports outlives its Device: a lost ledger is rebuilt with its help (R10). */
function decideGone(stored: StoredModel | undefined, fresh: boolean): Decision {
  if (stored === undefined || stored.data?.[MODEL_KEY]?.trim() !== EMPTY_MODEL.trim())
    return { do: 'nothing' };
  return fresh ? { do: 'delete' } : { do: 'look-again' };
}

/** Labels and annotations that others added stay. */
function isLabelled({ metadata }: StoredModel, model: Model): boolean {
  return includes(metadata.labels, model.labels) && includes(metadata.annotations, model.annotations);
}

function hasData({ data = {} }: StoredModel, model: Model): boolean {
  return includes(data, model.data) && Object.keys(data).length === Object.keys(model.data).length;
}

function includes(
  all: Readonly<Record<string, string>> | undefined,
  some: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(some).every(([key, value]) => all?.[key] === value);
}
