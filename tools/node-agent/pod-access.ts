import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mount } from './expansion.ts';

/** Where the API server's ServiceAccount admission mounts a Pod's credentials. */
const CREDENTIALS_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * How a local process finds the API server: a container would look at a fixed path and a Service address, which
 * a process does not have; so it gets a kubeconfig of the very same credentials.
 * @returns nothing for a Pod without credentials (`automountServiceAccountToken: false`)
 */
export function accessEnvironment(
  mounts: readonly Mount[],
  kubeconfigFile: string,
  server: string,
  namespace: string,
): Record<string, string> {
  const credentials = mounts.find(({ mountPath }) => mountPath === CREDENTIALS_PATH)?.directory;
  if (credentials === undefined || !existsSync(join(credentials, 'token'))) return {};
  // JSON is YAML.
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    clusters: [{ name: 'pod', cluster: { server, 'certificate-authority': join(credentials, 'ca.crt') } }],
    users: [{ name: 'pod', user: { tokenFile: join(credentials, 'token') } }],
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod', namespace } }],
  };
  mkdirSync(dirname(kubeconfigFile), { recursive: true, mode: 0o700 });
  writeFileSync(kubeconfigFile, JSON.stringify(config), { mode: 0o600 });
  return { KUBECONFIG: kubeconfigFile };
}
