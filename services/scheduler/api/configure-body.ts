import { canonicalDevice, isDeviceName } from '../../../lib/ports/port.ts';
import { quoted } from '../../../lib/ports/quoted.ts';
import type { Step } from '../slice.ts';

/** What `POST /configure` asks for. */
export interface ConfigureBody {
  /** Canonical, each once; `all`: every device of the inventory. */
  readonly devices: readonly string[] | 'all';
  /** Devices per Pod. */
  readonly step: Step;
}

export const MOST_NAMES = 10_000;
export const LARGEST_STEP = 1000;

/**
 * Reads the body of `POST /configure`, the JSON document of the seed: `{"devices": ["a", "b"] | ["all"], "step": N | "MAX"}`.
 * @returns the ask, or what is wrong with the body and what to write instead (S-47)
 */
export function readConfigureBody(body: unknown): ConfigureBody | { readonly problem: string } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { problem: 'the body must be a JSON object such as {"devices": ["devicea"], "step": "MAX"}' };
  }
  const unknown = Object.keys(body).find((key) => key !== 'devices' && key !== 'step');
  if (unknown !== undefined)
    return { problem: `${quoted(unknown)} is not known; there are devices and step` };
  const step = readStep('step' in body ? body.step : 'MAX');
  if (typeof step === 'object') return step;
  const devices = readDevices('devices' in body ? body.devices : undefined);
  if (typeof devices === 'object' && 'problem' in devices) return devices;
  return { devices, step };
}

function readDevices(value: unknown): readonly string[] | 'all' | { readonly problem: string } {
  const shape = 'devices must be a list of names such as ["devicea", "deviceb"], or ["all"]';
  if (!Array.isArray(value)) return { problem: shape };
  if (value.length === 0) return { problem: `${shape}; it is empty` };
  if (value.length > MOST_NAMES) {
    return {
      problem: `devices has ${value.length} names, at most ${MOST_NAMES} are possible; ["all"] stands for all`,
    };
  }
  const names = new Set<string>();
  for (const [index, name] of value.entries()) {
    if (typeof name !== 'string') return { problem: `devices[${index}] must be text` };
    if (!isDeviceName(name)) return { problem: `devices[${index}]: ${quoted(name)} cannot name a device` };
    names.add(name === 'all' ? name : canonicalDevice(name));
  }
  if (!names.has('all')) return [...names];
  return names.size === 1 ? 'all' : { problem: '"all" stands alone in devices' };
}

function readStep(value: unknown): Step | { readonly problem: string } {
  if (typeof value === 'string' && value.toUpperCase() === 'MAX') return 'MAX';
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LARGEST_STEP)
    return value;
  return { problem: `step must be a whole number from 1 to ${LARGEST_STEP}, or "MAX"` };
}
