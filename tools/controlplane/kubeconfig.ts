import { stringify } from 'yaml';
import type { KeyedCertificate } from './certificates.ts';

/**
 * Text of a kubeconfig with one context, everything embedded.
 * @param server URL of the API server
 * @param user name of context and user
 */
export function kubeconfigText(
  server: string,
  caPem: string,
  user: string,
  credentials: KeyedCertificate,
): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'naas', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': base64(credentials.cert),
          'client-key-data': base64(credentials.key),
        },
      },
    ],
    contexts: [{ name: user, context: { cluster: 'naas', user, namespace: 'default' } }],
    'current-context': user,
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
