/** What kubectl tells a credential plugin in `KUBERNETES_EXEC_INFO`: which cluster the token will be sent to. Pure. */
import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';

/** A cluster as a kubeconfig names it: where a token goes, and whom it may be shown to. */
export interface ClusterAddress {
  readonly server: string;
  /** Digest of everything else that decides who gets the token: authority, name, proxy. */
  readonly digest: string;
}

export interface ExecInfo {
  readonly cluster: ClusterAddress;
  /** Whether somebody sits at the terminal. */
  readonly interactive: boolean;
}

/** The fields of a kubeconfig's cluster that decide who gets what is sent to it. */
export interface ClusterFields {
  readonly server: string;
  readonly 'tls-server-name'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  /** Base64 of PEM. */
  readonly 'certificate-authority-data'?: string;
  readonly 'proxy-url'?: string;
}

/** The same cluster gives the same address, in whatever form its authority is written. */
export function clusterAddress(fields: ClusterFields): ClusterAddress {
  const authority = Buffer.from(fields['certificate-authority-data'] ?? '', 'base64')
    .toString()
    .trim();
  const decisive = [
    fields['tls-server-name'] ?? '',
    fields['insecure-skip-tls-verify'] === true,
    authority,
    fields['proxy-url'] ?? '',
  ];
  return {
    server: fields.server.replace(/\/+$/, ''),
    digest: createHash('sha256').update(JSON.stringify(decisive)).digest('hex'),
  };
}

/**
 * Reads what kubectl tells.
 *
 * @throws Failure when the cluster is not named: without it a token could be sent anywhere (S-83).
 */
export function readExecInfo(text: string | undefined, program: string): ExecInfo {
  if (!text) {
    throw new Failure('token is called by kubectl, for a context that login has written', {
      next: `${program} login`,
    });
  }
  const spec = specOf(text);
  const cluster = spec?.['cluster'];
  if (
    typeof cluster !== 'object' ||
    cluster === null ||
    !('server' in cluster) ||
    typeof cluster.server !== 'string'
  )
    throw new Failure(
      'The kubeconfig does not tell which cluster the token is for (provideClusterInfo: true)',
      {
        next: `${program} login`,
      },
    );
  return {
    cluster: clusterAddress(cluster as ClusterFields),
    interactive: spec?.['interactive'] === true,
  };
}

function specOf(text: string): Record<string, unknown> | undefined {
  try {
    const { spec } = JSON.parse(text) as { spec?: unknown };
    return typeof spec === 'object' && spec !== null ? (spec as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
