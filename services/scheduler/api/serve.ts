import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { certificateKeeper, type CertificateKeeper } from '../../../lib/certificates/certificate-keeper.ts';
import { bundleOf, type CertificateSet } from '../../../lib/certificates/certificate-set.ts';
import { firstCertificate } from '../../../lib/certificates/first-certificate.ts';
import { client } from '../../../lib/kube/client.ts';
import { systemClock } from '../../../lib/kube/clock.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { messageOf } from '../../../lib/kube/errors.ts';
import { SECRETS } from '../../../lib/kube/resources.ts';
import { apiNames, type ApiSettings } from '../settings.ts';
import { publishEndpoint } from './endpoint.ts';
import { apiServer, type ApiServer, type ApiServerOptions } from './server.ts';

/** Secret in which all replicas share the certificate of the API. */
export const API_TLS_SECRET = 'scheduler-api-tls';

export interface ServeOptions extends Omit<ApiServerOptions, 'certificate'> {
  readonly connection: Connection;
  readonly namespace: string;
  readonly settings: ApiSettings;
  readonly signal: AbortSignal;
}

/**
 * Serves the API. With a certificate of its own it keeps that in a Secret, so that all replicas behind one Service show
 * one that callers trust, and publishes URL and authorities in ConfigMap `scheduler-api`.
 * @returns what stops it
 */
export async function serveApi(options: ServeOptions): Promise<() => Promise<void>> {
  const { connection, namespace, settings, signal, log } = options;
  const given = settings.certificate;
  if (given !== undefined) {
    const [cert, key] = await Promise.all([readFile(given.cert, 'utf8'), readFile(given.key, 'utf8')]);
    const api = apiServer({ ...options, certificate: { cert, key } });
    await listen(api);
    return () => api.close();
  }

  let api: ApiServer | undefined;
  let url: string | undefined;
  let published = '';
  const certificates: CertificateKeeper<CertificateSet> = certificateKeeper({
    secrets: client(connection, SECRETS, { timeoutMs: 10_000 }),
    ...{ namespace, clock: systemClock, log },
    name: API_TLS_SECRET,
    names: apiNames(settings, namespace),
    published: (authority) => published.includes(authority),
    onChange({ leaf }) {
      api?.useCertificate(leaf);
      publish();
    },
  });

  function publish(): void {
    const set = certificates.current();
    if (set === undefined || url === undefined) return;
    const ca = bundleOf(set);
    publishEndpoint(connection, namespace, { ca, url }).then(
      () => (published = ca),
      (error: unknown) => log.warn({ error: messageOf(error) }, 'Could not publish where the API is'),
    );
  }

  const { leaf } = await firstCertificate(certificates, { clock: systemClock, log, signal });
  api = apiServer({ ...options, certificate: leaf });
  const address = await listen(api);
  url = settings.url ?? urlOf(address);
  publish();
  certificates.start();
  // What could not be published is tried again.
  const timer = setInterval(() => {
    if (published !== bundleOf(certificates.current() ?? { trusted: [] })) publish();
  }, 60_000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await Promise.all([certificates.stop(), api.close()]);
  };

  async function listen(server: ApiServer): Promise<AddressInfo> {
    const bound = await server.listen(settings.host, settings.port);
    log.info({ address: `${bound.address}:${bound.port}` }, 'Started API');
    return bound;
  }
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `https://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
