import { client } from '../lib/kube/client.ts';
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
  mutatingWebhooks,
  validatingWebhooks,
} from './configurations/webhook-configurations.ts';
import type { Address, MutatingWebhook, ValidatingWebhook } from './configurations/webhook-configurations.ts';
import type { OwnMetrics } from './own-metrics.ts';
import type { AdmissionServer } from './server.ts';
import type { WebhookSettings } from './settings.ts';

/** Secret in which all replicas share the certificates. */
const TLS_SECRET = 'webhook-tls';
/** On the webhook configurations: cert-manager's injector writes `caBundle`, from this Certificate. */
const INJECTED = 'cert-manager.io/inject-ca-from';
/** On the Secret: cert-manager wrote it, for the Certificate of this name. */
const CERTIFICATE_NAME = 'cert-manager.io/certificate-name';

/** Keeps the serving certificate and both webhook configurations, so that the API server finds and trusts this service. */
export interface Trust {
  /** Fulfilled when there is a certificate to begin with. */
  first(signal: AbortSignal): Promise<CertificateSet | GivenCertificate>;
  /** From now on the API server is told of this service. @param url where it listens; undefined: at the Service */
  serve(server: Pick<AdmissionServer, 'useCertificate'>, url: string | undefined): void;
  /** Why the API server cannot call this replica; undefined when it can. */
  notReady(): string | undefined;
  stop(): Promise<void>;
}

export interface TrustOptions {
  connection: Connection;
  namespace: string;
  settings: Pick<WebhookSettings, 'certificates' | 'names'>;
  log: Log;
  metrics: Metrics;
  own: Pick<OwnMetrics, 'repairs' | 'certificateEnd'>;
  clock: Clock;
  lifetimes?: Lifetimes | undefined;
  /** ms between checks of the certificates. */
  certificateCheck?: number | undefined;
}

/** Begins to follow Secret and configurations. */
export function trust(options: TrustOptions): Trust {
  const { connection, namespace, settings, log, metrics, own, clock } = options;
  const byName = (name: string) => ({ log, metrics, clock, fieldSelector: `metadata.name=${name}` });
  const secret = informer(connection, SECRETS, { ...byName(TLS_SECRET), namespace });
  const mutating = informer(connection, MUTATING_WEBHOOKS, byName(CONFIGURATION));
  const validating = informer(connection, VALIDATING_WEBHOOKS, byName(CONFIGURATION));
  const informers = [secret, mutating, validating] as const;
  let serving: { server: Pick<AdmissionServer, 'useCertificate'>; url: string | undefined } | undefined;
  let configured = false;

  const address = (): Address | undefined => {
    const set = certificates.current();
    if (set === undefined || serving === undefined) return undefined;
    const given = isGiven(secret.store.get(`${namespace}/${TLS_SECRET}`));
    const caBundle = 'trusted' in set && !given ? bundleOf(set) : undefined;
    const { url } = serving;
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
    serving?.server.useCertificate(set.leaf);
    for (const configuration of configurations) repair(configuration);
  }

  function repair(configuration: (typeof configurations)[number]): void {
    configuration.repair().catch((error: unknown) => {
      log.error({ problem: messageOf(error) }, 'the webhook configuration could not be written');
    });
  }

  function check(): void {
    certificates.check().catch((error: unknown) => {
      metrics.certificateReadErrors.inc();
      log.error({ problem: messageOf(error) }, 'certificates could not be read');
    });
  }

  for (const one of informers) one.start();

  return {
    first: (signal) => firstCertificate(certificates, { clock, log, signal }),
    serve(server, url) {
      serving = { server, url };
      secret.onChange(check);
      // A renewed certificate that is given may have waited for this.
      if (settings.certificates === 'given') for (const one of [mutating, validating]) one.onChange(check);
      for (const configuration of configurations) repair(configuration);
      certificates.start();
    },
    notReady() {
      if (!certificates.isValid()) return 'the serving certificate is not valid';
      // Once is enough: a change that someone makes later is repaired, and must not take the service away.
      configured ||= configurations.every((configuration) => configuration.isRight()) && published('');
      return configured ? undefined : 'the webhook configurations do not point here yet';
    },
    async stop() {
      for (const configuration of configurations) configuration.stop();
      await certificates.stop();
      await Promise.all(informers.map((one) => one.stop()));
    },
  };
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
