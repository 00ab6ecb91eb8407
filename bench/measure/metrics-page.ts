/** Reads a service's `/metrics`. */
import { request } from 'undici';

export interface MetricsPage {
  /** Sum over all series of a metric, or over those whose labels hold all the given text. */
  sum(metric: string, ...labels: readonly string[]): number;
}

/** @param address `host:port` */
export async function metricsPage(address: string): Promise<MetricsPage> {
  const { body } = await request(`http://${address}/metrics`);
  const lines = (await body.text()).split('\n');
  return {
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
