import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { messageOf } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import type { Secret } from '../kube/resources.ts';
import type { KeyedCertificate } from './authority.ts';
import type { CertificateKeeper } from './certificate-keeper.ts';
import { isInForce, servesName } from './certificate-set.ts';

/** A serving certificate that somebody else makes. */
export interface GivenCertificate {
  readonly leaf: KeyedCertificate;
}

export interface GivenCertificateOptions {
  secrets: Pick<Client<Secret>, 'get'>;
  namespace: string;
  /** A Secret of type `kubernetes.io/tls`, such as cert-manager writes. */
  name: string;
  /** The certificate must be good for this name, by which it is called. */
  servedName: string;
  clock: Clock;
  log: Log;
  /** Whether those who call, as they have been told by now, accept this certificate with its chain, PEM. */
  trusts: (cert: string) => boolean;
  /** Called before `check` returns, whenever there is another certificate. */
  onChange: (certificate: GivenCertificate) => void;
  /** ms between checks. */
  every?: number;
}

/**
 * Follows a certificate that somebody else keeps in a Secret. One that cannot serve is refused, and the last good one
 * stays in use. So it does while callers trust that one and not yet the new one: a self-signed certificate is its own
 * authority, and its trust is published after it was written. Call `check` when the trust has changed.
 */
export function givenCertificate(options: GivenCertificateOptions): CertificateKeeper<GivenCertificate> {
  const { secrets, namespace, name, servedName, clock, log, trusts, onChange } = options;
  let current: GivenCertificate | undefined;
  let waiting = '';
  let stopped = false;
  let cancelTimer = () => {};

  async function check(): Promise<void> {
    const { data } = await secrets.get({ namespace, name });
    const leaf = { cert: decode(data?.['tls.crt']), key: decode(data?.['tls.key']) };
    if (leaf.cert === current?.leaf.cert && leaf.key === current.leaf.key) return;
    const problem = problemOf(leaf, servedName);
    if (problem !== undefined) throw new Error(`Secret ${namespace}/${name}: ${problem}`);
    if (isValid() && current !== undefined && trusts(current.leaf.cert) && !trusts(leaf.cert)) {
      if (waiting !== leaf.cert)
        log.info({ secret: name }, 'the renewed certificate waits until those who call trust it');
      waiting = leaf.cert;
      return;
    }
    current = { leaf };
    onChange(current);
  }

  function isValid(): boolean {
    return current !== undefined && isInForce(current.leaf.cert, clock.now());
  }

  function schedule(): void {
    if (stopped) return;
    cancelTimer = clock.after(options.every ?? 60_000, () => {
      check()
        .catch((error: unknown) => log.error({ problem: messageOf(error) }, 'certificate could not be read'))
        .finally(schedule);
    });
  }

  return {
    current: () => current,
    isValid,
    check,
    start: schedule,
    async stop() {
      stopped = true;
      cancelTimer();
    },
  };
}

function problemOf({ cert, key }: KeyedCertificate, servedName: string): string | undefined {
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      return 'tls.key is not the key of tls.crt';
  } catch {
    return 'tls.crt and tls.key must hold a certificate and its key, PEM';
  }
  return servesName(cert, servedName) ? undefined : `tls.crt is not good for ${servedName}`;
}

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}
