import { performance } from 'node:perf_hooks';
import type { Clock } from '../../lib/kube/clock.ts';

/** Real time, so many times faster: back-offs and leases of seconds pass in a fraction, in the same proportions. */
export function hastyClock(factor: number, options: { wallSkewMs?: number } = {}): Clock {
  const started = Date.now();
  const origin = performance.now();
  const elapsed = () => (performance.now() - origin) * factor;
  return {
    now: () => started + elapsed() + (options.wallSkewMs ?? 0),
    monotonic: elapsed,
    after(ms, fn) {
      const timer = setTimeout(fn, Math.max(0, ms) / factor);
      return () => clearTimeout(timer);
    },
  };
}
