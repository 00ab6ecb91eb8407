/** Certificates and keys of a local control plane, all made when it starts. */
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  AuthorityKeyIdentifierExtension,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509';

/** A certificate with its private key, both PEM (the key as PKCS #8). */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that lives only in this process's memory. */
export interface Authority {
  readonly cert: string;
  /** For clients: the API server reads user and groups from the subject (CN and O). */
  issueClient(subject: { name: string; groups?: readonly string[] }): Promise<KeyedCertificate>;
  /** For servers on the given host names and addresses; `client` lets it be used as a client too (etcd peers). */
  issueServer(
    name: string,
    hosts: readonly string[],
    options?: { client?: boolean },
  ): Promise<KeyedCertificate>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const YEAR_MS = 365 * 24 * 3600 * 1000;
/** Certificates count from a little earlier, so that a clock set back does not refuse them. */
const SKEW_MS = 5 * 60 * 1000;

/**
 * Makes an ECDSA P-256 authority.
 * @param name common name of its certificate
 * @param now clock, ms since the epoch; certificates are good for one year from it
 */
export async function createAuthority(name: string, now: number): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const validity = { notBefore: new Date(now - SKEW_MS), notAfter: new Date(now + YEAR_MS) };
  const issuer = [{ CN: [name] }];
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: issuer,
    keys,
    signingAlgorithm: SIGNATURE,
    ...validity,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(
    subject: { [type: string]: string[] }[],
    extensions: Extension[],
  ): Promise<KeyedCertificate> {
    const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const issued = await X509CertificateGenerator.create({
      subject,
      issuer,
      publicKey: pair.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: SIGNATURE,
      ...validity,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...extensions,
      ],
    });
    return { cert: pem(issued.toString('pem')), key: await privateKeyPem(pair.privateKey) };
  }

  return {
    cert: pem(certificate.toString('pem')),
    issueClient: ({ name: user, groups = [] }) =>
      issue(
        [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))],
        [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      ),
    issueServer: (server, hosts, { client = false } = {}) =>
      issue(
        [{ CN: [server] }],
        [
          new ExtendedKeyUsageExtension([
            ExtendedKeyUsage.serverAuth,
            ...(client ? [ExtendedKeyUsage.clientAuth] : []),
          ]),
          new SubjectAlternativeNameExtension(
            hosts.map((host) => ({ type: /^[0-9.]+$|:/.test(host) ? 'ip' : 'dns', value: host })),
          ),
        ],
      ),
  };
}

/** A key pair for signing service-account tokens, PEM. */
export async function createSigningKey(): Promise<{ privateKey: string; publicKey: string }> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  return {
    privateKey: await privateKeyPem(pair.privateKey),
    publicKey: block('PUBLIC KEY', await crypto.subtle.exportKey('spki', pair.publicKey)),
  };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return block('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', key));
}

function block(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** PEM files end with a line feed, so that they can be joined. */
function pem(text: string): string {
  return `${text.trimEnd()}\n`;
}
