/** How many devices share one Pod; MAX: all of an ask. */
export type Step = number | 'MAX';

/** Most devices in one Job: its annotation lists them all. */
export const MOST_DEVICES_PER_JOB = 500;
/** Most bytes of inventory in one Job: the API server takes 1 MiB of values in a Secret. */
export const MOST_BYTES_PER_JOB = 900_000;

interface Size {
  readonly devices: number;
  readonly bytes: number;
}

/**
 * Cuts device names into Jobs of slices, a slice being what one Pod works on. No slice is cut in two by the limit of a
 * Job; a device that is larger than a Job may be gets one of its own, which the API server refuses with its reason.
 * @param names canonical, each once
 * @param step devices per slice, at least 1
 * @param bytesOf what the inventory of a device takes in the Secret of its Job
 * @returns per Job its slices, everything sorted
 */
export function sliceDevices(
  names: readonly string[],
  step: Step,
  bytesOf: (name: string) => number,
): string[][][] {
  const most = step === 'MAX' ? MOST_DEVICES_PER_JOB : Math.min(step, MOST_DEVICES_PER_JOB);
  const sizes = new Map(names.map((name) => [name, { devices: 1, bytes: bytesOf(name) }]));
  const sizeOf = (name: string): Size => sizes.get(name) ?? { devices: 1, bytes: 0 };
  const slices = pack([...names].sort(), sizeOf, { devices: most, bytes: MOST_BYTES_PER_JOB });
  return pack(slices, (slice) => slice.map(sizeOf).reduce(sum), {
    devices: MOST_DEVICES_PER_JOB,
    bytes: MOST_BYTES_PER_JOB,
  });
}

/** Puts items together in their order, as many as fit. */
function pack<T>(items: readonly T[], sizeOf: (item: T) => Size, most: Size): T[][] {
  const result: T[][] = [];
  let open: T[] = [];
  let filled: Size = { devices: 0, bytes: 0 };
  for (const item of items) {
    const next = sum(filled, sizeOf(item));
    if (open.length > 0 && (next.devices > most.devices || next.bytes > most.bytes)) {
      result.push(open);
      open = [];
      filled = sizeOf(item);
    } else {
      filled = next;
    }
    open.push(item);
  }
  if (open.length > 0) result.push(open);
  return result;
}

function sum(a: Size, b: Size): Size {
  return { devices: a.devices + b.devices, bytes: a.bytes + b.bytes };
}
