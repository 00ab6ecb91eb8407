import { client } from '../lib/kube/client.ts';
import { pause, systemClock } from '../lib/kube/clock.ts';
import type { Clock } from '../lib/kube/clock.ts';
import type { Connection } from '../lib/kube/connection.ts';
import { informer } from '../lib/kube/informer.ts';
import type { Log } from '../lib/kube/log.ts';
import type { Metrics } from '../lib/kube/metrics.ts';
import { SECRETS } from '../lib/kube/resources.ts';
import type { Lifetimes } from '../lib/certificates/rotation.ts';
import { MUTATE_PATH, VALIDATE_PATH } from './configurations/webhook-configurations.ts';
import { mutateHandler } from './mutate/mutate-handler.ts';
import { ownMetrics } from './own-metrics.ts';
import { PEOPLE_SECRET, people } from './people/people.ts';
import { loadPolicy } from './policy/policy.ts';
import { admissionServer } from './server.ts';
import type { WebhookSettings } from './settings.ts';
import { sources } from './sources/sources.ts';
import { trust } from './trust.ts';
import { Unavailable, unavailable } from './unavailable.ts';
import { validateHandler } from './validate/validate-handler.ts';

export interface WebhooksOptions {
  connection: Connection;
  namespace: string;
  settings: WebhookSettings;
  log: Log;
  metrics: Metrics;
  signal?: AbortSignal;
  clock?: Clock;
  lifetimes?: Lifetimes;
  /** ms between checks of the certificates. */
  certificateCheck?: number;
}

export interface Webhooks {
  /** Why this replica must not be called; undefined when it may. */
  notReady(): string | undefined;
  /** Fulfilled when it is ready for the first time. */
  whenReady(): Promise<void>;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts both webhooks. Fulfilled when they listen; they deny everything until they can decide. */
export async function startWebhooks(options: WebhooksOptions): Promise<Webhooks> {
  const { connection, namespace, settings, log, metrics, clock = systemClock } = options;
  const signal = options.signal ?? new AbortController().signal;
  const own = ownMetrics(metrics);
  const known = sources(connection, {
    ...{ namespace, clock, log, metrics },
    onProblem: (name) => own.unreadable.inc({ name }),
  });
  const policy = await loadPolicy(undefined, {
    onRestart(reason) {
      own.policyRestarts.inc();
      log.error({ problem: reason }, 'an evaluation failed: the policy was instantiated anew');
    },
  });
  const peopleSecret = informer(connection, SECRETS, {
    ...{ namespace, clock, log, metrics },
    fieldSelector: `metadata.name=${PEOPLE_SECRET}`,
  });
  const remembered = people({
    secrets: client(connection, SECRETS),
    informer: peopleSecret,
    ...{ namespace, clock, log },
    onOtherPerson: () => own.reassignedNames.inc(),
  });
  const { lifetimes, certificateCheck } = options;
  const trusted = trust({
    ...{ connection, namespace, settings, log, metrics, own, clock, lifetimes, certificateCheck },
  });
  known.start();
  peopleSecret.start();
  const set = await trusted.first(signal);

  const mutate = mutateHandler({ defaults: known.defaults, expandInPlace: settings.expandInPlace });
  const validate = validateHandler({
    policy,
    facts: known.facts,
    defaults: known.defaults,
    settings: settings.policy,
    log,
  });
  const serving = admissionServer({
    certificate: set.leaf,
    handlers: {
      [MUTATE_PATH]: async (review) => {
        try {
          return await mutate(review);
        } catch (error) {
          if (error instanceof Unavailable) return unavailable(review, error.message);
          throw error;
        }
      },
      [VALIDATE_PATH]: (review, afterwards) => {
        remembered.see(review);
        return validate(review, afterwards);
      },
    },
    log,
    metrics,
  });
  const { port } = await serving.listen(settings.host, settings.port);
  trusted.serve(serving, listeningAt(settings.url, port));
  remembered.start();
  log.info({ host: settings.host, port, policy: policy.digest }, 'listening for admission reviews');

  const notReady = () => trusted.notReady() ?? known.missing();

  return {
    notReady,
    async whenReady() {
      while (notReady() !== undefined && !signal.aborted) await pause(systemClock, 20, signal);
    },
    port,
    async stop() {
      await trusted.stop();
      await serving.close();
      await remembered.stop();
      await Promise.all([known.stop(), peopleSecret.stop()]);
    },
  };
}

/** Port 0 stands for the one that was free. */
function listeningAt(url: string | undefined, port: number): string | undefined {
  if (url === undefined) return undefined;
  const parsed = new URL(url);
  if (parsed.port === '0') parsed.port = String(port);
  return parsed.origin;
}
