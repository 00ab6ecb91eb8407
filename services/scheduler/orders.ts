import type { Ask } from './ask.ts';
import type { JobOrder } from './job.ts';
import { sliceDevices, type Step } from './slice.ts';

/** Devices per Pod where nobody asked for another number. */
export const DEFAULT_STEP = 25;

/** A device to push, and the ask by name that it serves, if any. */
export interface DueDevice {
  readonly name: string;
  readonly ask?: Ask | undefined;
  /** Of an ask for all devices. */
  readonly step?: Step | undefined;
  /** The name of its Job must not sort before one made at this time, milliseconds since 1970. */
  readonly notBefore: number;
}

export interface OrderOptions {
  readonly namespace: string;
  readonly image: string;
  /** What the inventory of a device takes in the Secret of its Job. */
  bytesOf(name: string): number;
  /** A name for each Job. @param notBefore what it must not sort before */
  newName(notBefore: number): string;
}

/**
 * Puts due devices together into Jobs: those that were asked for by name apart from the others, since their Jobs
 * ignore holds, and by their step.
 */
export function orders(due: readonly DueDevice[], options: OrderOptions): JobOrder[] {
  const groups = new Map<string, { step: Step; asked: boolean; devices: DueDevice[] }>();
  for (const device of due) {
    const asked = device.ask !== undefined;
    const step = device.ask?.step ?? device.step ?? DEFAULT_STEP;
    const group = groups.get(`${asked} ${step}`) ?? { step, asked, devices: [] };
    groups.set(`${asked} ${step}`, group);
    group.devices.push(device);
  }
  return [...groups.values()].flatMap(({ step, asked, devices }) => {
    const ids = new Map(devices.map(({ name, ask }) => [name, ask?.id ?? '']));
    const names = [...ids.keys()];
    const notBefore = Math.max(...devices.map((device) => device.notBefore));
    return sliceDevices(names, step, options.bytesOf).map((slices) => ({
      name: options.newName(notBefore),
      namespace: options.namespace,
      image: options.image,
      slices,
      ...(asked ? { asks: new Map(slices.flat().map((name) => [name, ids.get(name) ?? ''])) } : {}),
    }));
  });
}
