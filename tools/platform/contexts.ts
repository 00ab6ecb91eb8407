/**
 * The kubeconfig that people use: contexts `admin`, `tenant-a` and `tenant-b`. Tenants log in as everywhere, by
 * `kubectl naas token`; what opens instead of a browser logs the trial account in by itself.
 */
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { withLogin } from '../../services/cli/login/kubeconfig-edit.ts';
import { loginSettings, tokenArguments } from '../../services/cli/login/settings.ts';
import { CLIENT_ID } from '../identity/provider.ts';
import { trialAddress } from './identity.ts';

export interface ContextsOptions {
  readonly file: string;
  /** The program that logs people in. */
  readonly plugin: string;
  /** Opens pages for trial accounts. */
  readonly browser: string;
  /** Folder where logins are kept. */
  readonly logins: string;
  readonly server: string;
  readonly caPem: string;
  readonly admin: { readonly certificate: string; readonly key: string };
  readonly issuer: string;
  /** File with the certificate authority of the OIDC provider. */
  readonly issuerCaFile: string;
  readonly tenants: readonly string[];
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

export async function writeContexts(options: ContextsOptions): Promise<void> {
  const { file, issuer, issuerCaFile, tenants } = options;
  const cluster = { server: options.server, 'certificate-authority-data': base64(options.caPem) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'naas', cluster }],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(options.admin.certificate),
          'client-key-data': base64(options.admin.key),
        },
      },
    ],
    contexts: [{ name: 'admin', context: { cluster: 'naas', user: 'admin', namespace: PLATFORM_NAMESPACE } }],
  };
  let text = stringify(config);
  for (const name of tenants) {
    const settings = loginSettings(
      {
        ...{ issuer, 'client-id': CLIENT_ID, account: trialAddress(name), 'issuer-ca': issuerCaFile },
      },
      'kubectl naas',
    );
    const env = [
      { name: 'NAAS_LOGIN_FOLDER', value: options.logins },
      { name: 'BROWSER', value: options.browser },
    ];
    text = withLogin(text, file, {
      user: { name, exec: { command: options.plugin, args: ['token', ...tokenArguments(settings)], env } },
      contexts: [{ name, cluster: 'naas', user: name, namespace: name }],
      current: tenants[0],
    });
  }
  await writeFile(file, text, { mode: 0o600 });
}
