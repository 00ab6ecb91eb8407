/** Credentials of the platform's services: a token of their own ServiceAccount each, kept fresh in a file. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { SERVICE_ACCOUNTS } from '../../lib/kube/resources.ts';

const TOKEN_SECONDS = 24 * 3600;
const REFRESH_MS = (TOKEN_SECONDS * 1000) / 4;

export interface ServiceAccountCredentials {
  /** Path of a kubeconfig whose token file is kept fresh. */
  readonly kubeconfig: string;
  stop(): void;
}

/**
 * Writes `<directory>/<name>.kubeconfig` and a token beside it that is renewed every six hours.
 *
 * @throws ApiError if the ServiceAccount does not exist.
 */
export async function serviceAccountCredentials(
  connection: Connection,
  options: { name: string; directory: string; server: string; caPem: string },
): Promise<ServiceAccountCredentials> {
  const { name, directory, server, caPem } = options;
  const accounts = client(connection, SERVICE_ACCOUNTS);
  const tokenFile = join(directory, `${name}.token`);
  const kubeconfig = join(directory, `${name}.kubeconfig`);

  async function refresh(): Promise<void> {
    const review = await accounts.createSubresource<{ status: { token: string } }>(
      { namespace: PLATFORM_NAMESPACE, name },
      'token',
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: TOKEN_SECONDS },
      },
    );
    await writeFile(`${tokenFile}.new`, review.status.token, { mode: 0o600 });
    await rename(`${tokenFile}.new`, tokenFile);
  }

  await refresh();
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name: 'naas',
        cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
      },
    ],
    users: [{ name, user: { tokenFile } }],
    contexts: [{ name, context: { cluster: 'naas', user: name, namespace: PLATFORM_NAMESPACE } }],
  };
  await writeFile(kubeconfig, stringify(config), { mode: 0o600 });
  const timer = setInterval(() => {
    // The old token is good for hours: the next turn tries again.
    refresh().catch((error: unknown) =>
      console.error(`Could not renew the token of ${name}: ${String(error)}`),
    );
  }, REFRESH_MS);
  timer.unref();
  return { kubeconfig, stop: () => clearInterval(timer) };
}
