/**
 * Which cluster gets the tokens of which issuer and client. A kubeconfig from somebody else could send a token of
 * the real provider to a server of its writer, or lead a login to a provider of its writer; so the first login for a
 * cluster is remembered, and what does not fit is refused until the person says otherwise by `login` (S-83).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { ClusterAddress } from './exec-info.ts';
import { listPrivate, readPrivate, writePrivate } from './private-file.ts';
import type { LoginSettings } from './settings.ts';

export interface KnownCluster extends ClusterAddress {
  readonly issuer: string;
  readonly clientId: string;
}

type Audience = Pick<LoginSettings, 'issuer' | 'clientId'>;

/**
 * @param known what is remembered of this server
 * @param others what is remembered of other servers
 * @returns why this cluster must not get a token of this issuer and client; undefined if it may
 */
export function objection(
  cluster: ClusterAddress,
  audience: Audience,
  known: KnownCluster | undefined,
  others: readonly KnownCluster[],
): string | undefined {
  if (known !== undefined) {
    if (known.issuer !== audience.issuer || known.clientId !== audience.clientId)
      return `This kubeconfig wants a login at ${audience.issuer} (client ${audience.clientId}) for ${cluster.server}, which is known with ${known.issuer} (client ${known.clientId})`;
    return known.digest === cluster.digest
      ? undefined
      : `${cluster.server} is known with another certificate authority, TLS name or proxy than this kubeconfig names`;
  }
  const same = others.find(
    ({ issuer, clientId }) => issuer === audience.issuer && clientId === audience.clientId,
  );
  return same === undefined
    ? undefined
    : `This kubeconfig would send your login of ${audience.issuer} to ${cluster.server}; you have used it for ${same.server} only`;
}

const PREFIX = 'cluster-';

function fileOf(folder: string, server: string): string {
  const key = createHash('sha256').update(server).digest('hex').slice(0, 32);
  return join(folder, `${PREFIX}${key}.json`);
}

/**
 * Refuses a cluster that a token of this login must not be sent to.
 *
 * @returns whether it was known; if not, remember it once the person has logged in
 * @throws Failure
 */
export function checkCluster(
  folder: string,
  cluster: ClusterAddress,
  audience: Audience,
  program: string,
): boolean {
  const known = read(fileOf(folder, cluster.server));
  const others =
    known === undefined
      ? listPrivate(folder)
          .filter((name) => name.startsWith(PREFIX) && name.endsWith('.json'))
          .map((name) => read(join(folder, name)))
          .filter((each) => each !== undefined)
      : [];
  const refused = objection(cluster, audience, known, others);
  if (refused !== undefined) {
    throw new Failure(`${refused}. No token is given.`, {
      next: `if you trust this kubeconfig: ${program} login --context NAME`,
    });
  }
  return known !== undefined;
}

/** From now on this cluster gets tokens of this issuer and client. */
export function rememberCluster(folder: string, cluster: ClusterAddress, audience: Audience): void {
  const { issuer, clientId } = audience;
  const { server, digest } = cluster;
  const known: KnownCluster = { server, digest, issuer, clientId };
  writePrivate(fileOf(folder, cluster.server), JSON.stringify(known));
}

/** @throws Failure if it cannot be read: nobody but us writes it, and forgetting would be permitting. */
function read(file: string): KnownCluster | undefined {
  const text = readPrivate(file);
  if (text === undefined) return undefined;
  try {
    const known = JSON.parse(text) as Partial<KnownCluster> | null;
    const fields = [known?.server, known?.digest, known?.issuer, known?.clientId];
    if (fields.every((field) => typeof field === 'string')) return known as KnownCluster;
  } catch {
    // Told below.
  }
  throw new Failure(`${file} cannot be read`, { next: `rm ${file}, then log in again` });
}
