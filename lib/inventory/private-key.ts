import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { fromEd25519, readOpenSshKey } from './open-ssh-key.ts';

/** A key as SSH takes it, or what is wrong with it, without a letter of it (S-63). */
export type PrivateKey = { readonly text: string } | { readonly problem: string };

export const UNREADABLE =
  'cannot be read: give the text of an unencrypted key in OpenSSH or PEM form, with its line breaks (a block that begins with |)';
const NO_KEY = 'must be the text of a private key, not a path';
const ENCRYPTED =
  'is encrypted, and there is nobody to type a passphrase: give the unencrypted key (ssh-keygen -p -N "" -f FILE)';
const OTHER_KIND =
  'is of a kind that SSH does not use: give an ed25519, an ECDSA (P-256, P-384 or P-521) or an RSA key';

const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** A reader that reads each text once: many hosts share one key. */
export function privateKeyReader(): (value: unknown) => PrivateKey {
  const read = new Map<string, PrivateKey>();
  return (value) => {
    if (typeof value !== 'string') return { problem: NO_KEY };
    const key = read.get(value) ?? readPrivateKey(value);
    read.set(value, key);
    return key;
  };
}

/**
 * The SSH client passes over a key that it cannot read and says nothing, and then the switch seems to refuse the login:
 * so a key is read here. The client knows OpenSSH's form and the older PEM forms (PKCS #1, SEC 1); PKCS #8, which
 * OpenSSL 3 writes, is put into one of those. Every other text stays as it is.
 */
function readPrivateKey(text: string): PrivateKey {
  const trimmed = text.trim();
  if (!trimmed.includes('PRIVATE KEY')) return { problem: NO_KEY };
  if (/BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type:.*ENCRYPTED/m.test(trimmed)) return { problem: ENCRYPTED };
  if (trimmed.startsWith('-----BEGIN OPENSSH PRIVATE KEY-----')) {
    const found = readOpenSshKey(trimmed);
    if (found === 'encrypted') return { problem: ENCRYPTED };
    if (found === 'other') return { problem: OTHER_KIND };
    return found === 'broken' ? { problem: UNREADABLE } : { text };
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(trimmed);
  } catch {
    // OpenSSL's words are about itself.
    return { problem: UNREADABLE };
  }
  const older = olderForm(key);
  if (older === undefined) return { problem: OTHER_KIND };
  // OpenSSL reads around what stands before and after the key, and lines of any length; the SSH client does not.
  return /^-----BEGIN (RSA|EC) PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]+\n-----END \1 PRIVATE KEY-----$/.test(
    trimmed,
  )
    ? { text }
    : { text: older };
}

function olderForm(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ec':
      if (!CURVES.has(key.asymmetricKeyDetails?.namedCurve ?? '')) return undefined;
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'ed25519': {
      const { d = '', x = '' } = key.export({ format: 'jwk' });
      return fromEd25519(Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url'));
    }
    default:
      return undefined;
  }
}
