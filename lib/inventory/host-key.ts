const TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const KEY = /^(\S+) ([A-Za-z0-9+/]+={0,2})(?: [\x20-\x7e]*)?$/;

/**
 * What is wrong with a host key, as `ssh-keyscan` ("ssh-ed25519 AAAA…") or `ssh-keygen -l` ("SHA256:…") prints it.
 * The key's blob begins with its own type (RFC 4253, 6.6), which must be the type written before it.
 */
export function hostKeyProblem(text: string): string | undefined {
  if (FINGERPRINT.test(text)) return undefined;
  const parts = KEY.exec(text);
  const type = TYPES.find((known) => known === parts?.[1]);
  const blob = Buffer.from(parts?.[2] ?? '', 'base64');
  if (type !== undefined && blob.length > 32 && blob.length < 4096 && blob.readUInt32BE(0) === type.length) {
    if (blob.subarray(4, 4 + type.length).toString('latin1') === type) return undefined;
  }
  // S-63: not with the text itself, which was a private key before now.
  return 'is not a host key: write "ssh-ed25519 AAAA…" or "SHA256:…"';
}
