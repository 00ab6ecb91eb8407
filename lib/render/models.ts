import {
  APP,
  APP_LABEL,
  DEVICE_LABEL,
  DEVICE_UID_ANNOTATION,
  GROUP_LABEL,
  MODEL_KEY,
  ORDER_ANNOTATION,
  TEMPLATE_ANNOTATION,
  TYPE_LABEL,
} from '../../crds/names.ts';
import { quoted } from '../ports/quoted.ts';
import { readYaml } from '../ports/safe-yaml.ts';
import { findControl } from './clean.ts';
import type { ConfigMapLike, PlatformProblem } from './config-map.ts';
import type { Value } from './jinja/value.ts';
import { exactValueOf } from './value-of.ts';

/** A model of the network team: rendered once, in its place. */
export interface BaseModel {
  name: string;
  order: number;
  template: string;
  data: Value;
  /** As it was written, for the digest. */
  text: string;
}

/** Where the interface model stands and what renders it; its data comes from the ledger. */
export interface PortModel {
  name: string;
  order: number;
  template: string;
}

export const PORT_ORDER = 99;
export const PORT_TEMPLATE = 'interface.j2';
/** Place of a model that says nothing, as in the seed system. */
const DEFAULT_ORDER = 50;
const ORDER = /^[0-9]{1,4}$/;

/**
 * The models that match a device by name or group. The one made from the device's own ledger gives only its place;
 * without one the ports stand last.
 */
export function chooseModels(
  configMaps: readonly ConfigMapLike[],
  device: { name: string; groups: readonly string[] },
  problems: PlatformProblem[],
): { base: BaseModel[]; ports: PortModel } {
  const base: BaseModel[] = [];
  const portsName = `interfaces-${device.name}`;
  let ports: PortModel = { name: portsName, order: PORT_ORDER, template: PORT_TEMPLATE };
  for (const { metadata, data } of configMaps) {
    const { name, labels = {}, annotations = {} } = metadata;
    if (labels[APP_LABEL] !== APP || labels[TYPE_LABEL] !== 'model') continue;
    const { [DEVICE_LABEL]: only, [GROUP_LABEL]: group } = labels;
    // A model that names a device is for that one, whatever group it names besides.
    const matches =
      only === undefined ? group !== undefined && device.groups.includes(group) : only === device.name;
    if (!matches) continue;
    const order = annotations[ORDER_ANNOTATION] ?? String(DEFAULT_ORDER);
    if (!ORDER.test(order)) {
      problems.push({
        source: name,
        message: `annotation order is ${quoted(order)}, must be digits, 0 to 9999`,
      });
    }
    const template = annotations[TEMPLATE_ANNOTATION];
    if (template === undefined) {
      problems.push({
        source: name,
        message: 'annotation template is missing: name the template of this model',
      });
      continue;
    }
    const place = { name, order: Number(order), template };
    if (name === portsName || annotations[DEVICE_UID_ANNOTATION] !== undefined) {
      // S-54: a second interface model would show ports twice.
      if (name === portsName) ports = place;
      else
        problems.push({
          source: name,
          message: `only ConfigMap ${portsName} may be an interface model here`,
        });
      continue;
    }
    const text = data?.[MODEL_KEY] ?? '';
    const value = readModel(name, data?.[MODEL_KEY], problems);
    if (value !== undefined) base.push({ ...place, data: value, text });
  }
  base.sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  return { base, ports };
}

function readModel(name: string, text: string | undefined, problems: PlatformProblem[]): Value | undefined {
  if (text === undefined) {
    problems.push({ source: name, message: `key ${MODEL_KEY} is missing` });
    return undefined;
  }
  try {
    const read = readYaml(text, MODEL_KEY, { exact: true, unambiguous: true });
    const control = findControl(read);
    if (control !== undefined) {
      problems.push({ source: name, message: `${control}: holds a line end or control character` });
      return undefined;
    }
    return exactValueOf(read ?? new Map());
  } catch (error) {
    problems.push({ source: name, message: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}
