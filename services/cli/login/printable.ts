/** Text from somebody else, fit for a terminal: one line, no control characters, not endless (S-79). */
const MOST = 300;

export function printable(text: string): string {
  const line = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
}
