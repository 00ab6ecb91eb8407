import { createHash } from 'node:crypto';

/** `SHA256:…` of a host key as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Whether the key shown by a server is one of the pinned ones.
 * @param pinned lines `ssh-ed25519 AAAA… comment` or `SHA256:…`
 */
export function isPinned(key: Buffer, pinned: readonly string[]): boolean {
  return pinned.some((line) => {
    const words = line.trim().split(/\s+/);
    const [first, second] = words;
    if (first === undefined) return false;
    if (first.startsWith('SHA256:')) return first.replace(/=+$/, '') === fingerprint(key);
    return second !== undefined && key.equals(Buffer.from(second, 'base64')) && key.length > 0;
  });
}

/** Algorithms of the pinned keys: a server with several keys must show the one that is known. */
export function pinnedKeyTypes(pinned: readonly string[]): string[] | undefined {
  const types = new Set<string>();
  for (const line of pinned) {
    const type = line.trim().split(/\s+/)[0] ?? '';
    // A fingerprint does not say which kind of key it belongs to.
    if (type.startsWith('SHA256:')) return undefined;
    types.add(type);
  }
  return types.size === 0 ? undefined : [...types];
}
