/** Quantiles of samples. Nearest rank, so that every number shown was measured. */

/**
 * @param samples in any order, at least one
 * @param q between 0 and 1
 */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  const found = sorted[rank - 1];
  if (found === undefined) throw new Error('a quantile needs samples');
  return found;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** A number with about three digits. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** Median of the runs and, where there are several, the least and the most: `1.23 (1.10–1.40)`. */
export function spread(runs: readonly number[]): string {
  if (runs.length === 0) return '–';
  if (runs.length === 1) return digits(median(runs));
  return `${digits(median(runs))} (${digits(Math.min(...runs))}–${digits(Math.max(...runs))})`;
}
