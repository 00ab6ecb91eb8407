/** Reads a service's `/metrics`. */
import { request } from 'undici';

const LIMIT_MS = 30_000;

export interface MetricsPage {
  /** How many series there are: one per metric, labels and bucket. */
  readonly series: number;
  /** Sum over all series of a metric, or over those whose labels hold all the given text. */
  sum(metric: string, ...labels: readonly string[]): number;
}

/** @param address `host:port` */
export async function metricsPage(address: string): Promise<MetricsPage> {
  const { body } = await request(`http://${address}/metrics`, {
    headersTimeout: LIMIT_MS,
    bodyTimeout: LIMIT_MS,
  });
  return readMetrics(await body.text());
}

/** @param text in Prometheus' format */
export function readMetrics(text: string): MetricsPage {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return {
    series: lines.length,
    sum(metric, ...labels) {
      let total = 0;
      for (const line of lines) {
        if (!line.startsWith(metric)) continue;
        const next = line[metric.length];
        if (next !== '{' && next !== ' ') continue;
        if (labels.every((label) => line.includes(label))) total += Number(line.slice(line.lastIndexOf(' ')));
      }
      return total;
    },
  };
}
