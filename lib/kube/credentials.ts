/** Who we are in each call, and the TLS material of the connection; both follow the files and plug-ins they come from. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import type { Cluster } from '@kubernetes/client-node/dist/config_types.js';
import type { Clock } from './clock.ts';
import type { Target } from './kubeconfig.ts';

/** What a connection needs; a change of it needs a new connection. */
export interface TlsMaterial {
  ca?: Buffer | string;
  cert?: Buffer | string;
  key?: Buffer | string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface Credentials {
  headers: Record<string, string | string[]>;
  tls: TlsMaterial;
  /** Digest of `tls`: the same digest may share connections. */
  tlsDigest: string;
}

export interface CredentialSource {
  /** Current credentials; from memory for up to a minute (as client-go does for token files). */
  current(): Promise<Credentials>;
  /** The server said 401: read files and ask plug-ins again before the next call. */
  expire(): void;
}

/** Bound service-account tokens are renewed by the kubelet at 80 % of an hour or more: a minute is often enough. */
const MAX_AGE_MS = 60_000;
/** Plug-in credentials are fetched anew by `ExecAuth` when their own expiry has passed; asking it is cheap. */
const MAX_AGE_EXEC_MS = 5_000;

interface ExecPlugin {
  readonly apiVersion?: string;
  readonly env?: readonly { name: string; value: string }[];
  readonly provideClusterInfo?: boolean;
}

async function fromFileOrData(
  file: string | undefined,
  data: string | undefined,
): Promise<Buffer | undefined> {
  if (file) return readFile(file);
  return data ? Buffer.from(data, 'base64') : undefined;
}

function digestOf(tls: TlsMaterial): string {
  const hash = createHash('sha256');
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)]) {
    hash.update(part ?? '').update('\0');
  }
  return hash.digest('hex');
}

/** Credentials of a target. Plug-ins are run by client-node's `ExecAuth`. */
export function credentialSource(target: Target, clock: Clock): CredentialSource {
  let exec = new ExecAuth();
  let fresh: { at: number; value: Credentials } | undefined;
  let loading: Promise<Credentials> | undefined;

  async function load(): Promise<Credentials> {
    const { cluster, user } = target;
    const ca = await fromFileOrData(cluster.caFile, cluster.caData);
    const tls: TlsMaterial = {
      ...(ca && { ca }),
      ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
      ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
    };
    const cert = await fromFileOrData(user.certFile, user.certData);
    const key = await fromFileOrData(user.keyFile, user.keyData);
    if (cert && key) Object.assign(tls, { cert, key });
    const headers: Credentials['headers'] = {};
    if (user.username) {
      headers['authorization'] =
        `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
    }
    if (user.exec) {
      const answer: { cert?: string; key?: string; headers: Record<string, string> } = { headers: {} };
      await exec.applyAuthentication({ ...user, exec: withExecInfo(user.exec, cluster, ca) }, answer);
      if (answer.cert && answer.key) Object.assign(tls, { cert: answer.cert, key: answer.key });
      if (answer.headers['Authorization']) headers['authorization'] = answer.headers['Authorization'];
    }
    const token = user.tokenFile ? (await readFile(user.tokenFile, 'utf8')).trim() : user.token;
    if (token) headers['authorization'] = `Bearer ${token}`;
    if (user.impersonateUser) headers['impersonate-user'] = user.impersonateUser;
    if (user.impersonateGroups) headers['impersonate-group'] = user.impersonateGroups;
    return { headers, tls, tlsDigest: digestOf(tls) };
  }

  return {
    async current() {
      const maxAge = target.user.exec ? MAX_AGE_EXEC_MS : MAX_AGE_MS;
      if (fresh && clock.monotonic() - fresh.at < maxAge) return fresh.value;
      // One reading for all calls that wait for it: a plug-in may open a browser.
      loading ??= load()
        .then((value) => {
          fresh = { at: clock.monotonic(), value };
          return value;
        })
        .finally(() => {
          loading = undefined;
        });
      return loading;
    },
    expire() {
      fresh = undefined;
      exec = new ExecAuth();
    },
  };
}

/**
 * Plug-ins learn from `KUBERNETES_EXEC_INFO` that nobody can be asked and, if they want to know, which cluster the
 * credentials are for; client-node leaves it out.
 */
function withExecInfo(exec: ExecPlugin, cluster: Cluster, ca: Buffer | undefined): object {
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo === true && { cluster: clusterInfo(cluster, ca) }),
    },
  };
  return {
    ...exec,
    env: [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }],
  };
}

/** As client-go writes it. */
function clusterInfo(cluster: Cluster, ca: Buffer | undefined): object {
  return {
    server: cluster.server,
    ...(cluster.tlsServerName && { 'tls-server-name': cluster.tlsServerName }),
    ...(cluster.skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...(ca && { 'certificate-authority-data': ca.toString('base64') }),
    ...(cluster.proxyUrl && { 'proxy-url': cluster.proxyUrl }),
  };
}
