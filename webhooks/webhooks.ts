import { Counter, Gauge } from 'prom-client';
import { CATALOG_CONFIGMAP, DEFAULTS_CONFIGMAP } from '../crds/names.ts';
import { client } from '../lib/kube/client.ts';
import { pause, systemClock } from '../lib/kube/clock.ts';
import type { Clock } from '../lib/kube/clock.ts';
import type { Connection } from '../lib/kube/connection.ts';
import { messageOf } from '../lib/kube/errors.ts';
import { informer } from '../lib/kube/informer.ts';
import type { Log } from '../lib/kube/log.ts';
import type { Metrics } from '../lib/kube/metrics.ts';
import { MUTATING_WEBHOOKS, SECRETS, VALIDATING_WEBHOOKS } from '../lib/kube/resources.ts';
import type {
  MutatingWebhookConfiguration,
  Secret,
  ValidatingWebhookConfiguration,
} from '../lib/kube/resources.ts';
import type { DeepReadonly } from '../lib/kube/types.ts';
import { certificateKeeper } from '../lib/certificates/certificate-keeper.ts';
import type { CertificateKeeper } from '../lib/certificates/certificate-keeper.ts';
import { bundleOf, leadsTo, validityOf } from '../lib/certificates/certificate-set.ts';
import type { CertificateSet } from '../lib/certificates/certificate-set.ts';
import { firstCertificate } from '../lib/certificates/first-certificate.ts';
import { givenCertificate } from '../lib/certificates/given-certificate.ts';
import type { GivenCertificate } from '../lib/certificates/given-certificate.ts';
import type { Lifetimes } from '../lib/certificates/rotation.ts';
import { configurationKeeper } from './configurations/configuration-keeper.ts';
import {
  CONFIGURATION,
  MUTATE_PATH,
  VALIDATE_PATH,
  mutatingWebhooks,
  validatingWebhooks,
} from './configurations/webhook-configurations.ts';
import type { Address, MutatingWebhook, ValidatingWebhook } from './configurations/webhook-configurations.ts';
import { mutateHandler } from './mutate/mutate-handler.ts';
import { PEOPLE_SECRET, people } from './people/people.ts';
import { loadPolicy } from './policy/policy.ts';
import { admissionServer } from './server.ts';
import type { AdmissionServer } from './server.ts';
import type { WebhookSettings } from './settings.ts';
import { sources } from './sources/sources.ts';
import { Unavailable, unavailable } from './unavailable.ts';
import { validateHandler } from './validate/validate-handler.ts';

/** Secret in which all replicas share the certificates. */
export const TLS_SECRET = 'webhook-tls';
/** On the webhook configurations: cert-manager's injector writes `caBundle`, from this Certificate. */
const INJECTED = 'cert-manager.io/inject-ca-from';
/** On the Secret: cert-manager wrote it, for the Certificate of this name. */
const CERTIFICATE_NAME = 'cert-manager.io/certificate-name';

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
  // Told from the start: growth from nothing is none for Prometheus.
  for (const name of [CATALOG_CONFIGMAP, DEFAULTS_CONFIGMAP]) own.unreadable.inc({ name }, 0);
  for (const { kind } of [MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS]) own.repairs.inc({ kind }, 0);
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
  const byName = (name: string) => ({ log, metrics, clock, fieldSelector: `metadata.name=${name}` });
  const secret = informer(connection, SECRETS, { ...byName(TLS_SECRET), namespace });
  const peopleSecret = informer(connection, SECRETS, { ...byName(PEOPLE_SECRET), namespace });
  const remembered = people({
    secrets: client(connection, SECRETS),
    informer: peopleSecret,
    ...{ namespace, clock, log },
    onOtherPerson: () => own.reassignedNames.inc(),
  });
  const mutating = informer(connection, MUTATING_WEBHOOKS, byName(CONFIGURATION));
  const validating = informer(connection, VALIDATING_WEBHOOKS, byName(CONFIGURATION));

  let server: AdmissionServer | undefined;
  let url = settings.url;
  const address = (): Address | undefined => {
    const set = certificates.current();
    if (set === undefined || server === undefined) return undefined;
    const given = isGiven(secret.store.get(`${namespace}/${TLS_SECRET}`));
    const caBundle = 'trusted' in set && !given ? bundleOf(set) : undefined;
    return { namespace, caBundle, ...(url !== undefined && { url }) };
  };
  const repaired = (kind: string) => () => {
    own.repairs.inc({ kind });
    log.info({ kind, name: CONFIGURATION }, 'the webhook configuration was written');
  };
  const configurations = [
    configurationKeeper<MutatingWebhook, MutatingWebhookConfiguration>({
      client: client(connection, MUTATING_WEBHOOKS),
      informer: mutating,
      desired: (stored) => desired(mutatingWebhooks, stored),
      log,
      clock,
      onRepair: repaired(MUTATING_WEBHOOKS.kind),
    }),
    configurationKeeper<ValidatingWebhook, ValidatingWebhookConfiguration>({
      client: client(connection, VALIDATING_WEBHOOKS),
      informer: validating,
      desired: (stored) => desired(validatingWebhooks, stored),
      log,
      clock,
      onRepair: repaired(VALIDATING_WEBHOOKS.kind),
    }),
  ] as const;

  function desired<W>(
    webhooks: (address: Address, stored: readonly W[]) => W[],
    stored: readonly W[],
  ): W[] | undefined {
    const at = address();
    return at === undefined ? undefined : webhooks(at, stored);
  }

  const secretOptions = {
    secrets: client(connection, SECRETS),
    ...{ namespace, clock, log },
    name: TLS_SECRET,
    onChange: useCertificates,
    ...(options.certificateCheck !== undefined && { every: options.certificateCheck }),
  };
  const certificates: CertificateKeeper<CertificateSet | GivenCertificate> =
    settings.certificates === 'given'
      ? givenCertificate({
          ...secretOptions,
          servedName: settings.names[0] ?? '',
          trusts: (cert) => bundles().every((bundle) => leadsTo(cert, bundle)),
        })
      : certificateKeeper({
          ...secretOptions,
          names: settings.names,
          published,
          givenAway: isGiven,
          ...(options.lifetimes && { lifetimes: options.lifetimes }),
        });

  function stored() {
    return [mutating.store.get(CONFIGURATION), validating.store.get(CONFIGURATION)];
  }

  /** What the API server has been told to trust at each of the webhooks, PEM; '': nothing. */
  function bundles(): string[] {
    return stored().flatMap((configuration) =>
      (configuration?.webhooks ?? [undefined]).map((webhook) => decode(webhook?.clientConfig.caBundle ?? '')),
    );
  }

  /** Whether the API server has been told to trust this authority; '': any. */
  function published(authority: string): boolean {
    return bundles().every((bundle) => bundle !== '' && bundle.includes(authority));
  }

  /**
   * Whether cert-manager keeps the certificate. While an installation changes over, replicas that made it themselves
   * still run: they must not write against cert-manager.
   */
  function isGiven(kept: DeepReadonly<Secret> | undefined): boolean {
    return (
      kept?.metadata.annotations?.[CERTIFICATE_NAME] !== undefined &&
      stored().some((configuration) => configuration?.metadata.annotations?.[INJECTED] !== undefined)
    );
  }

  function useCertificates(set: CertificateSet | GivenCertificate): void {
    metrics.certificateReads.inc();
    own.certificateEnd.set(validityOf(set.leaf.cert).to / 1000);
    // First the API server is told whom to trust; a new leaf is always one of an authority it trusts already.
    server?.useCertificate(set.leaf);
    for (const configuration of configurations) repair(configuration);
  }

  function repair(configuration: (typeof configurations)[number]): void {
    configuration.repair().catch((error: unknown) => {
      log.error({ problem: messageOf(error) }, 'the webhook configuration could not be written');
    });
  }

  const informers = [secret, peopleSecret, mutating, validating] as const;
  known.start();
  for (const one of informers) one.start();
  const set = await firstCertificate(certificates, { clock, log, signal });

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
  const mutate = mutateHandler({ defaults: known.defaults, expandInPlace: settings.expandInPlace });
  const validate = validateHandler({
    policy,
    facts: known.facts,
    defaults: known.defaults,
    settings: settings.policy,
    log,
  });
  const { port } = await serving.listen(settings.host, settings.port);
  server = serving;
  if (url !== undefined) {
    // Port 0 stands for the one that was free.
    const parsed = new URL(url);
    if (parsed.port === '0') parsed.port = String(port);
    url = parsed.origin;
  }
  const check = () => {
    certificates.check().catch((error: unknown) => {
      metrics.certificateReadErrors.inc();
      log.error({ problem: messageOf(error) }, 'certificates could not be read');
    });
  };
  secret.onChange(check);
  // A renewed certificate that is given may have waited for this.
  if (settings.certificates === 'given') for (const one of [mutating, validating]) one.onChange(check);
  for (const configuration of configurations) repair(configuration);
  certificates.start();
  remembered.start();
  log.info({ host: settings.host, port, policy: policy.digest }, 'listening for admission reviews');

  let configured = false;
  function notReady(): string | undefined {
    if (!certificates.isValid()) return 'the serving certificate is not valid';
    // Once is enough: a change that someone makes later is repaired, and must not take the service away.
    configured ||= configurations.every((configuration) => configuration.isRight()) && published('');
    if (!configured) return 'the webhook configurations do not point here yet';
    return known.missing();
  }

  return {
    notReady,
    async whenReady() {
      while (notReady() !== undefined && !signal.aborted) await pause(systemClock, 20, signal);
    },
    port,
    async stop() {
      for (const configuration of configurations) configuration.stop();
      await certificates.stop();
      await serving.close();
      await remembered.stop();
      await Promise.all([known.stop(), ...informers.map((one) => one.stop())]);
    },
  };
}

function ownMetrics({ registry }: Metrics) {
  const registers = [registry];
  return {
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
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
