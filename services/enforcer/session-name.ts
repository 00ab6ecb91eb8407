/** Every session of the platform begins so; others are never touched. */
const PREFIX = 'naas-';

/**
 * `naas-<epoch>-<8 hex of the candidate>`: at most 20 characters for epochs below 1,000,000.
 * @param digest SHA-256 of the candidate, hexadecimal
 * @param attempt the same candidate opened again takes the next 8 digits: a switch may not accept a name twice
 */
export function sessionName(epoch: number, digest: string, attempt: number): string {
  const hex = digest.replace(/^sha256:/, '');
  const start = (attempt % 8) * 8;
  return `${PREFIX}${epoch}-${hex.slice(start, start + 8)}`;
}

export function isOurs(session: string): boolean {
  return session.startsWith(PREFIX);
}
