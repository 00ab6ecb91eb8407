import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import type { KeyedCertificate } from './authority.ts';

/** Everything the Secret holds. */
export interface CertificateSet {
  /** What the server shows. */
  leaf: KeyedCertificate;
  /** The authority that signs. */
  authority: KeyedCertificate;
  /** The authority that will sign next; it is already trusted. */
  next?: KeyedCertificate;
  /** Certificates of all authorities to be trusted, PEM, oldest first: the webhook configurations' caBundle. */
  trusted: readonly string[];
}

/** Keys of the Secret's data. */
const KEYS = {
  leafCert: 'tls.crt',
  leafKey: 'tls.key',
  trusted: 'ca.crt',
  authorityCert: 'authority.crt',
  authorityKey: 'authority.key',
  nextCert: 'next-authority.crt',
  nextKey: 'next-authority.key',
} as const;

/** The data of a Secret, base64 as the API has it. */
export function writeSet(set: CertificateSet): Record<string, string> {
  const data: Record<string, string> = {
    [KEYS.leafCert]: set.leaf.cert,
    [KEYS.leafKey]: set.leaf.key,
    [KEYS.trusted]: bundleOf(set),
    [KEYS.authorityCert]: set.authority.cert,
    [KEYS.authorityKey]: set.authority.key,
  };
  if (set.next !== undefined) {
    data[KEYS.nextCert] = set.next.cert;
    data[KEYS.nextKey] = set.next.key;
  }
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
}

/**
 * Reads what {@link writeSet} wrote.
 * @returns undefined for anything that cannot serve: a part missing or broken, a key that is not the certificate's, a
 * leaf that no trusted authority signed
 */
export function readSet(data: Readonly<Record<string, string>> | undefined): CertificateSet | undefined {
  const text = (key: string) => Buffer.from(data?.[key] ?? '', 'base64').toString();
  const leaf = { cert: text(KEYS.leafCert), key: text(KEYS.leafKey) };
  const authority = { cert: text(KEYS.authorityCert), key: text(KEYS.authorityKey) };
  const next = { cert: text(KEYS.nextCert), key: text(KEYS.nextKey) };
  const trusted = splitBundle(text(KEYS.trusted));
  const set: CertificateSet = { leaf, authority, trusted, ...(next.cert !== '' && { next }) };
  try {
    const leafCert = new X509Certificate(leaf.cert);
    const parents = trusted.map((cert) => new X509Certificate(cert));
    const pairs = set.next === undefined ? [leaf, authority] : [leaf, authority, set.next];
    const paired = pairs.every(({ cert, key }) =>
      new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)),
    );
    const signed = parents.some(
      (parent) => leafCert.checkIssued(parent) && leafCert.verify(parent.publicKey),
    );
    const included = pairs.slice(1).every(({ cert }) => trusted.includes(cert));
    return paired && signed && included ? set : undefined;
  } catch {
    return undefined;
  }
}

/** PEM of all trusted authorities. */
export function bundleOf({ trusted }: Pick<CertificateSet, 'trusted'>): string {
  return trusted.join('');
}

/** The certificates of a PEM bundle, each ending in a newline. */
export function splitBundle(bundle: string): string[] {
  const found = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((cert) => `${cert}\n`);
}

/** When a certificate is valid, ms since 1970. */
export function validityOf(cert: string): { from: number; to: number } {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  return { from: validFromDate.getTime(), to: validToDate.getTime() };
}

/** Whether a certificate is within its time. */
export function isInForce(cert: string, now: number): boolean {
  const { from, to } = validityOf(cert);
  return from <= now && now < to;
}

/** DNS names and IP addresses of a serving certificate. */
export function namesOf(cert: string): string[] {
  const names = new X509Certificate(cert).subjectAltName ?? '';
  return names
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.replace(/^(DNS|IP Address):/, ''));
}

/** Whether clients that call `name` (DNS name or IP address, in any spelling) accept the certificate. */
export function servesName(cert: string, name: string): boolean {
  const read = new X509Certificate(cert);
  const found = isIP(name) === 0 ? read.checkHost(name, { subject: 'never' }) : read.checkIP(name);
  return found !== undefined;
}

/** Whether the certificate was signed by this authority. */
export function isSignedBy(cert: string, authority: string): boolean {
  const parent = new X509Certificate(authority);
  const child = new X509Certificate(cert);
  return child.checkIssued(parent) && child.verify(parent.publicKey);
}

/**
 * Whether a certificate, with the chain that comes with it, leads to one of these authorities; both PEM bundles. A
 * self-signed one is trusted by being among them: it may not sign, so nothing counts as signed by it.
 */
export function leadsTo(chain: string, authorities: string): boolean {
  const trusted = splitBundle(authorities);
  return splitBundle(chain).some((cert) =>
    trusted.some((authority) => isSame(cert, authority) || isSignedBy(cert, authority)),
  );
}

function isSame(one: string, other: string): boolean {
  return new X509Certificate(one).fingerprint256 === new X509Certificate(other).fingerprint256;
}
