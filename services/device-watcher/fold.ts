import { stringify } from 'yaml';
import {
  APP,
  APP_LABEL,
  DEVICE_GENERATION_ANNOTATION,
  DEVICE_LABEL,
  DEVICE_UID_ANNOTATION,
  MANAGED_BY_LABEL,
  MODEL_KEY,
  ORDER_ANNOTATION,
  TEMPLATE_ANNOTATION,
  TYPE_LABEL,
} from '../../crds/names.ts';
import type { Device, Ledger } from '../../crds/types.gen.ts';
import { topClaim } from '../../lib/ledger/claim.ts';
import { comparePorts } from '../../lib/ports/port.ts';
import { portText } from './port-text.ts';

/** Value of the ownership label: the device-watcher changes no ConfigMap without it (S-15). */
export const MANAGER = 'device-watcher';

/** Interface models come last in a configuration, as in the seed system. */
const ORDER = '99';
const TEMPLATE = 'interface.j2';

/** The part of a model that the device-watcher decides. */
export interface Model {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

/** Name of a device's model: the prefix keeps it clear of every ConfigMap of the platform (S-15). */
export function modelName(device: string): string {
  return `interfaces-${device}`;
}

/** The model of a Device: who is on top of each port, in the form that templates read. */
export function fold(device: Device): Model {
  const { name, uid = '', generation = 0 } = device.metadata;
  return {
    name: modelName(name),
    labels: { [APP_LABEL]: APP, [TYPE_LABEL]: 'model', [DEVICE_LABEL]: name, [MANAGED_BY_LABEL]: MANAGER },
    annotations: {
      [ORDER_ANNOTATION]: ORDER,
      [TEMPLATE_ANNOTATION]: TEMPLATE,
      // R11: a model tells which version of which Device it shows.
      [DEVICE_UID_ANNOTATION]: uid,
      [DEVICE_GENERATION_ANNOTATION]: String(generation),
    },
    data: { [MODEL_KEY]: modelText(device.spec) },
  };
}

/**
 * A ledger as a model's YAML: only ports with a top claim, only that claim. The same ledger always gives the
 * same text: ports are sorted, keys stand in the order of the API.
 */
export function modelText(ledger: Ledger): string {
  let text = '';
  for (const port of Object.keys(ledger).sort(comparePorts)) {
    const entry = ledger[port];
    const top = entry === undefined ? undefined : topClaim(entry);
    if (top !== undefined) text += portText(port, top);
  }
  return text === '' ? EMPTY_MODEL : text;
}

/** Text of a model without any port. */
export const EMPTY_MODEL = stringify({});
