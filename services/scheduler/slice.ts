/** How many devices share one Pod; MAX: all of an ask. */
export type Step = number | 'MAX';

/** Most devices in one Job: keeps its Secret and its annotation well within the API server's limits. */
export const MOST_DEVICES_PER_JOB = 500;

/**
 * Cuts device names into Jobs of slices, a slice being what one Pod works on.
 * @param names canonical, each once
 * @param step devices per slice, at least 1
 * @returns per Job its slices, everything sorted
 */
export function sliceDevices(names: readonly string[], step: Step): string[][][] {
  const sorted = [...names].sort();
  const size = step === 'MAX' ? MOST_DEVICES_PER_JOB : Math.min(step, MOST_DEVICES_PER_JOB);
  // Whole slices only, so that no slice is cut in two by the limit of a Job.
  const perJob = Math.max(1, Math.floor(MOST_DEVICES_PER_JOB / size)) * size;
  return chunks(sorted, perJob).map((job) => chunks(job, size));
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}
