/** The kubeconfig that people use: contexts `admin`, `tenant-a` and `tenant-b`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';

export interface ContextsOptions {
  readonly file: string;
  readonly directory: string;
  readonly server: string;
  readonly caPem: string;
  readonly admin: { readonly certificate: string; readonly key: string };
  readonly issuer: string;
  /** File with the certificate authority of the OIDC provider. */
  readonly issuerCaFile: string;
  readonly tenants: readonly string[];
}

const credentialPlugin = new URL('../identity/credential.ts', import.meta.url).pathname;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Writes the kubeconfig; tenants log in at the OIDC provider through a credential plugin. */
export async function writeContexts(options: ContextsOptions): Promise<void> {
  const { file, directory, issuer, issuerCaFile, tenants } = options;
  const cluster = { server: options.server, 'certificate-authority-data': base64(options.caPem) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'tenant-a',
    clusters: [{ name: 'naas', cluster }],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(options.admin.certificate),
          'client-key-data': base64(options.admin.key),
        },
      },
      ...tenants.map((name) => ({
        name,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            interactiveMode: 'Never',
            command: process.execPath,
            args: [
              ...[credentialPlugin, '--issuer', issuer, '--ca', issuerCaFile, '--account', name],
              ...['--cache', join(directory, `${name}.token.json`)],
            ],
          },
        },
      })),
    ],
    contexts: [
      { name: 'admin', context: { cluster: 'naas', user: 'admin', namespace: PLATFORM_NAMESPACE } },
      ...tenants.map((name) => ({ name, context: { cluster: 'naas', user: name, namespace: name } })),
    ],
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
}
