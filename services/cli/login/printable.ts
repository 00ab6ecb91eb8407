import { plain } from '../output/plain.ts';

const MOST = 300;

/** What a provider says, fit for a message: one line without control characters, and not endless (S-79). */
export function printable(text: string): string {
  const line = plain(text);
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
}
