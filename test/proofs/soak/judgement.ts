/** Whether something grows without end: a pure decision over samples. */

export interface Sample {
  /** Seconds since the load began. */
  readonly at: number;
  readonly value: number;
  /** Which life of the process it was taken from: a restart begins a new one. */
  readonly life: string;
}

export interface Rule {
  /** Seconds until caches are filled and what expires has begun to expire; what is earlier in a life is not judged. */
  readonly settles: number;
  /** The shortest window to judge by, for what has long teeth: several of them. */
  readonly lasts?: number;
  /** How much it may rise within the window that is judged, in its own unit. */
  readonly allowance: number;
}

export interface Trend {
  /** Theil–Sen: the median of the slopes between any two samples, per second. */
  readonly slope: number;
  /** Ends of its confidence interval (Sen, from the variance of Kendall's tau): 99.9 % on either side. */
  readonly least: number;
  readonly most: number;
}

export interface Window {
  readonly life: string;
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Median. */
  readonly level: number;
  /** Slope times length of the window. */
  readonly growth: number;
  readonly grows: boolean;
}

export interface Verdict {
  readonly verdict: 'steady' | 'grows' | 'too short';
  /** One per life that was long enough. */
  readonly windows: readonly Window[];
}

const FEWEST_SAMPLES = 8;
/** Of the standard normal distribution: 99.9 % on one side. Two hundred series are judged in a run. */
const Z = 3.09;

/** @param samples at least two, at different times */
export function trend(samples: readonly Sample[]): Trend {
  const slopes: number[] = [];
  for (const [index, a] of samples.entries()) {
    for (const b of samples.slice(index + 1)) slopes.push((b.value - a.value) / (b.at - a.at));
  }
  slopes.sort((a, b) => a - b);
  const n = samples.length;
  const reach = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const lowest = Math.max(0, Math.floor((slopes.length - reach) / 2));
  return {
    slope: medianOf(slopes),
    least: slopes[lowest] ?? Number.NaN,
    most: slopes[slopes.length - 1 - lowest] ?? Number.NaN,
  };
}

/**
 * Looks at the second half of each life, after it has settled. It grows if all of these hold:
 *
 * 1. it rose by more than the allowance: the slope is the median over all pairs, so a few outliers and teeth that are
 *    short against the window do not count;
 * 2. the rise is no chance: the lower end of the slope's confidence interval is above zero;
 * 3. it may go on: in the last half of the window a rise at the permitted rate cannot be ruled out. A step, such as a
 *    pool that opened one connection more, is no leak; a leak does not end.
 *
 * Lives that are too short for the rule are not judged; if all are, the verdict says so.
 */
export function judge(samples: readonly Sample[], rule: Rule): Verdict {
  const windows: Window[] = [];
  for (const [life, own] of Map.groupBy(samples, (sample) => sample.life)) {
    const window = settled(own, rule);
    if (window.length < FEWEST_SAMPLES || lengthOf(window) < (rule.lasts ?? 0)) continue;
    windows.push(look(life, window, rule));
  }
  if (windows.length === 0) return { verdict: 'too short', windows };
  return { verdict: windows.some(({ grows }) => grows) ? 'grows' : 'steady', windows };
}

/** The second half, less what belongs to settling. */
function settled(samples: readonly Sample[], { settles }: Rule): readonly Sample[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return [];
  const from = Math.max(first.at + settles, (first.at + last.at) / 2);
  return samples.filter(({ at }) => at >= from);
}

function lengthOf(window: readonly Sample[]): number {
  return (window.at(-1)?.at ?? 0) - (window[0]?.at ?? 0);
}

function look(life: string, window: readonly Sample[], rule: Rule): Window {
  const from = window[0]?.at ?? 0;
  const to = window.at(-1)?.at ?? 0;
  const { slope, least } = trend(window);
  const growth = slope * (to - from);
  const permitted = rule.allowance / (to - from);
  const late = window.slice(Math.floor(window.length / 2));
  return {
    ...{ life, from, to, samples: window.length, growth },
    level: medianOf(window.map(({ value }) => value).sort((a, b) => a - b)),
    grows: growth > rule.allowance && least > 0 && trend(late).most > permitted,
  };
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
