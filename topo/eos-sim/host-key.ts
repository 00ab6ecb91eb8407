import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import { newSshKeyPair } from './ssh-key-pair.ts';

export interface HostKey {
  /** OpenSSH private key. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** A new ed25519 host key. */
export function generateHostKey(): HostKey {
  return readHostKey(newSshKeyPair().private);
}

/** @param privateKey PEM or OpenSSH. @throws Error when it is no private key */
export function readHostKey(privateKey: string): HostKey {
  const key = parseKey(privateKey, 'hostKey');
  if (!key.isPrivateKey()) throw new Error('hostKey: is a public key; give the private one');
  const blob = key.getPublicSSH();
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return {
    privateKey,
    publicKey: `${key.type} ${blob.toString('base64')}`,
    fingerprint: `SHA256:${digest}`,
  };
}

/** @throws Error naming the field */
export function parseKey(text: string, field: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) {
    throw new Error(`${field}: not an SSH key${key instanceof Error ? ` (${key.message})` : ''}`);
  }
  return key;
}
