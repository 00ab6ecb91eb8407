import { plain } from '../output/plain.ts';

const MOST = 300;

/** Text from somebody else, fit for a sentence on a terminal: plain, and not endless (S-79). */
export function printable(text: string): string {
  const line = plain(text).trim();
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
}
