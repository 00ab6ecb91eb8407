/** Prometheus metrics under controller-runtime's exact names, so that existing dashboards and alerts work unchanged. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Buckets of `controller_runtime_reconcile_time_seconds` and its webhook twin: 40, from 5 ms to 60 s. */
const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** Buckets of the work queue's histograms: powers of ten from 10 ns to 1000 s, as controller-runtime has them. */
const QUEUE_BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];
const CALL_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

export type Metrics = ReturnType<typeof createMetrics>;

/** A registry of its own for one service; `registry` also takes the service's own `naas_` metrics. */
export function createMetrics(options: { processMetrics?: boolean } = {}) {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const scrapes: (() => void)[] = [];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter<L>({ name, help, labelNames: [...labelNames], registers: [registry] });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge<L>({ name, help, labelNames: [...labelNames], registers: [registry] });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ) => new Histogram<L>({ name, help, labelNames: [...labelNames], buckets, registers: [registry] });

  return {
    registry,
    /** Called before the values are read, to set those that change with time alone. */
    beforeScrape: (update: () => void) => void scrapes.push(update),
    /** All metrics in Prometheus' text format. */
    text(): Promise<string> {
      for (const update of scrapes) update();
      return registry.metrics();
    },
    reconcileTotal: counter('controller_runtime_reconcile_total', 'Reconciliations, by outcome', [
      'controller',
      'result',
    ]),
    reconcileErrors: counter('controller_runtime_reconcile_errors_total', 'Reconciliations that failed', [
      'controller',
    ]),
    terminalErrors: counter(
      'controller_runtime_terminal_reconcile_errors_total',
      'Reconciliations that failed for good until the object changes',
      ['controller'],
    ),
    reconcilePanics: counter(
      'controller_runtime_reconcile_panics_total',
      'Reconciliations that threw something that is not an Error, or a programming error',
      ['controller'],
    ),
    reconcileTimeouts: counter(
      'controller_runtime_reconcile_timeouts_total',
      'Reconciliations that took too long',
      ['controller'],
    ),
    reconcileTime: histogram(
      'controller_runtime_reconcile_time_seconds',
      'Duration of a reconciliation',
      ['controller'],
      RECONCILE_BUCKETS,
    ),
    maxConcurrentReconciles: gauge(
      'controller_runtime_max_concurrent_reconciles',
      'Workers of a controller',
      ['controller'],
    ),
    activeWorkers: gauge('controller_runtime_active_workers', 'Workers that are reconciling now', [
      'controller',
    ]),
    queueDepth: gauge('workqueue_depth', 'Keys that are ready', ['name', 'controller', 'priority']),
    queueAdds: counter('workqueue_adds_total', 'Keys added', ['name', 'controller']),
    queueDuration: histogram(
      'workqueue_queue_duration_seconds',
      'How long a key was ready before it was taken',
      ['name', 'controller'],
      QUEUE_BUCKETS,
    ),
    workDuration: histogram(
      'workqueue_work_duration_seconds',
      'How long the work on a key took',
      ['name', 'controller'],
      QUEUE_BUCKETS,
    ),
    unfinishedWork: gauge(
      'workqueue_unfinished_work_seconds',
      'Time spent so far on keys being worked on, in sum',
      ['name', 'controller'],
    ),
    longestRunning: gauge(
      'workqueue_longest_running_processor_seconds',
      'Time spent so far on the key that has been worked on longest',
      ['name', 'controller'],
    ),
    queueRetries: counter('workqueue_retries_total', 'Keys added again after a failure', [
      'name',
      'controller',
    ]),
    restClientRequests: counter('rest_client_requests_total', 'Calls to the API server', [
      'code',
      'method',
      'host',
    ]),
    restClientDuration: histogram(
      'rest_client_request_duration_seconds',
      'Time to the first byte of an answer of the API server',
      ['verb', 'host'],
      CALL_BUCKETS,
    ),
    webhookLatency: histogram(
      'controller_runtime_webhook_latency_seconds',
      'Duration of an admission review',
      ['webhook'],
      RECONCILE_BUCKETS,
    ),
    webhookRequests: counter(
      'controller_runtime_webhook_requests_total',
      'Admission reviews, by HTTP status',
      ['webhook', 'code'],
    ),
    webhookInFlight: gauge(
      'controller_runtime_webhook_requests_in_flight',
      'Admission reviews being answered',
      ['webhook'],
    ),
    webhookPanics: counter(
      'controller_runtime_webhook_panics_total',
      'Admission reviews that failed inside',
      ['webhook'],
    ),
    leaderElection: gauge('leader_election_master_status', '1 while this process leads', ['name']),
    certificateReads: counter('certwatcher_read_certificate_total', 'Serving certificate read', []),
    certificateReadErrors: counter(
      'certwatcher_read_certificate_errors_total',
      'Serving certificate not readable',
      [],
    ),
    lists: counter('reflector_lists_total', 'Full lists of a kind', ['kind', 'result']),
    watches: counter('reflector_watches_total', 'Watches of a kind, by how they ended', ['kind', 'result']),
    handlerErrors: counter('reflector_handler_errors_total', 'Change handlers that threw', ['kind']),
    storeObjects: gauge('reflector_objects', 'Objects held of a kind', ['kind']),
  };
}
