/**
 * A port in canonical form: "7", "49/1". One to three parts of 0..9999 without leading zeros, joined by "/".
 * R8: two texts name the same physical port if and only if their canonical forms are equal.
 */
export type PortName = string;

const PORT = /^(?:0|[1-9][0-9]{0,3})(?:\/(?:0|[1-9][0-9]{0,3})){0,2}$/;
const DEVICE = /^[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?$/;
const MAX_PART = 9999;

/** Longest name of a device; it must also fit a Kubernetes label. */
export const MAX_DEVICE_NAME = 63;

/**
 * The canonical name of a single port.
 * @returns undefined when the text is anything but one port written canonically. Other spellings ("01",
 * "Ethernet1", " 1") are refused instead of being mapped, so that no port has two names (R8).
 */
export function canonicalPort(text: string | number): PortName | undefined {
  if (typeof text === 'number') {
    return Number.isInteger(text) && text >= 0 && text <= MAX_PART ? String(text) : undefined;
  }
  // The length is checked first, and `$` without flag m matches at the very end only: no newline passes.
  return text.length <= 14 && PORT.test(text) ? text : undefined;
}

/** Orders ports as they stand on the switch: part by part as numbers, a parent before its children. */
export function comparePorts(a: PortName, b: PortName): number {
  // Most ports have one part; the rest costs several times as much.
  if (!a.includes('/') && !b.includes('/')) return Number(a) - Number(b);
  const left = a.split('/');
  const right = b.split('/');
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/**
 * The name under which a device is stored and compared: lower case.
 * Only ASCII letters are folded: `toLowerCase` would also map U+212A (Kelvin sign) to "k" and so give two
 * names to one device.
 */
export function canonicalDevice(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether the text may be the name of a device, in any case of letters. */
export function isDeviceName(name: string): boolean {
  return name.length <= MAX_DEVICE_NAME && DEVICE.test(name);
}
