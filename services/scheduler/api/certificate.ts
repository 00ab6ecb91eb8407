import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** PEM; the key as PKCS #8. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
/** How long a certificate that the scheduler makes for itself is good, and when it makes the next one. */
export const LIFETIME_MS = 90 * 24 * 3_600_000;
export const RENEW_MS = 30 * 24 * 3_600_000;
const SKEW_MS = 300_000;

/**
 * A certificate of the scheduler's own, signed by itself; callers find it in ConfigMap `scheduler-api`.
 * @param hosts names and addresses under which it is called
 * @param now milliseconds since 1970
 */
export async function selfSigned(hosts: readonly string[], now: number): Promise<ServingCertificate> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: createHash('sha256')
      .update(`${now} ${hosts.join()} ${performance.now()}`)
      .digest('hex')
      .slice(0, 30),
    name: [{ CN: ['naas-scheduler'] }],
    keys,
    signingAlgorithm: SIGNATURE,
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + LIFETIME_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const key = ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
  return { cert: certificate.toString('pem'), key };
}
