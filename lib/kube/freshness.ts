import type { Informer } from './informer.ts';

/**
 * Longest silence of the API server about a kind, in ms (S-27). It sends something once a minute; a watch that is silent for
 * 75 s is given up, and the first word of the next may take another minute. Shorter, and every watch that dies denies requests
 * of tenants, or lets them wait; what is out of date meanwhile is found when the ledger is written.
 */
export const MAX_SILENCE = 150_000;

/**
 * Whether what a store says may be relied on: it was filled, and the server was heard of it lately.
 * @param now monotonic ms
 */
export function isFresh(
  informer: Pick<Informer<unknown>, 'hasSynced' | 'lastContact'>,
  now: number,
): boolean {
  return informer.hasSynced() && now - informer.lastContact() <= MAX_SILENCE;
}
