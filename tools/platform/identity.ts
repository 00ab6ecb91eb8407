/** The OIDC provider as a process, with an account for each tenant. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from '../controlplane/certificates.ts';
import { freePorts } from '../controlplane/free-port.ts';
import type { Start } from './managed-process.ts';

const root = new URL('../../', import.meta.url).pathname;
const LOCAL = '127.0.0.1';

export interface RunningIdentity {
  readonly issuer: string;
  /** File with the certificate authority of the provider, and its text. */
  readonly caFile: string;
  readonly caPem: string;
}

/** E-mail address of a tenant's trial account. */
export const trialAddress = (tenant: string) => `user@${tenant}.example`;

/** @param options.secrets folder for its certificate and keys */
export async function startIdentity(options: {
  secrets: string;
  tenants: readonly string[];
  start: Start;
}): Promise<RunningIdentity> {
  const { secrets, tenants, start } = options;
  const authority = await createAuthority('naas-identity', Date.now());
  const serving = await authority.issueServer('identity', [LOCAL]);
  const caFile = join(secrets, 'identity-ca.pem');
  const certificate = join(secrets, 'identity.pem');
  const key = join(secrets, 'identity.key');
  await writeFile(caFile, authority.cert);
  await writeFile(certificate, serving.cert);
  await writeFile(key, serving.key, { mode: 0o600 });
  const [port = 0] = await freePorts(1);
  const identity = start({
    name: 'identity',
    command: process.execPath,
    arguments: [
      ...[join(root, 'tools/identity/main.ts'), '--certificate', certificate, '--key', key],
      ...['--state', secrets, '--port', String(port)],
      ...tenants.flatMap((name) => ['--account', `${name}=${trialAddress(name)}`]),
    ],
    environment: {},
  });
  const { issuer } = JSON.parse(await identity.firstLine()) as { issuer: string };
  return { issuer, caFile, caPem: authority.cert };
}
