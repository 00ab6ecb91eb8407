import { Counter, Gauge } from 'prom-client';
import { CATALOG_CONFIGMAP, DEFAULTS_CONFIGMAP } from '../crds/names.ts';
import type { Metrics } from '../lib/kube/metrics.ts';
import { MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from '../lib/kube/resources.ts';

export type OwnMetrics = ReturnType<typeof ownMetrics>;

/** What the webhooks count beside what every service does. */
export function ownMetrics({ registry }: Metrics) {
  const registers = [registry];
  const own = {
    unreadable: new Counter({
      name: 'naas_webhook_unreadable_config_total',
      help: 'Changes of a ConfigMap that could not be read',
      labelNames: ['name'],
      registers,
    }),
    policyRestarts: new Counter({
      name: 'naas_webhook_policy_restarts_total',
      help: 'Times an evaluation failed and the policy was instantiated anew',
      registers,
    }),
    reassignedNames: new Counter({
      name: 'naas_webhook_reassigned_names_total',
      help: 'Reviews of a request by a name that was another person’s when it was last used',
      registers,
    }),
    repairs: new Counter({
      name: 'naas_webhook_configuration_writes_total',
      help: 'Times a webhook configuration was written',
      labelNames: ['kind'],
      registers,
    }),
    certificateEnd: new Gauge({
      name: 'naas_webhook_certificate_end_seconds',
      help: 'When the serving certificate ends, seconds since 1970',
      registers,
    }),
  };
  // Told from the start: growth from nothing is none for Prometheus.
  for (const name of [CATALOG_CONFIGMAP, DEFAULTS_CONFIGMAP]) own.unreadable.inc({ name }, 0);
  for (const { kind } of [MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS]) own.repairs.inc({ kind }, 0);
  return own;
}
