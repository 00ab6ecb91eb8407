import { Gauge } from 'prom-client';
import type { Device } from '../../crds/types.gen.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';

/** Of a Device's conditions, those that somebody is called for. */
const TOLD = new Set(['Ready', 'InSync']);

/** Tells monitoring how each switch is, as its Device says when it asks: a series per switch and condition. */
export function deviceMetrics(metrics: Metrics, devices: () => Iterable<DeepReadonly<Device>>): void {
  const registers = [metrics.registry];
  const condition = new Gauge({
    name: 'naas_device_condition',
    help: 'Always 1: a condition of a switch, with the status and reason that it has now',
    labelNames: ['device', 'condition', 'status', 'reason'],
    registers,
  });
  const mended = new Gauge({
    name: 'naas_device_drift_mended_seconds',
    help: 'When a change that somebody else made on the switch was put back last, seconds since 1970',
    labelNames: ['device'],
    registers,
  });
  metrics.beforeScrape(() => {
    condition.reset();
    mended.reset();
    for (const { metadata, status } of devices()) {
      const device = metadata.name;
      for (const { type, status: state, reason } of status?.conditions ?? [])
        if (TOLD.has(type)) condition.set({ device, condition: type, status: state, reason }, 1);
      if (status?.lastDrift !== undefined) mended.set({ device }, Date.parse(status.lastDrift.mended) / 1000);
    }
  });
}
