import type { Informer } from '../../lib/kube/informer.ts';
import { Unavailable } from '../unavailable.ts';

/**
 * Longest silence of the API server about a kind, in ms (S-27). It sends something once a minute; a watch that is silent for
 * 75 s is given up, and the first word of the next may take another minute. Shorter, and every watch that dies denies requests
 * of tenants; what is out of date meanwhile is found when the ledger is written.
 */
export const MAX_SILENCE = 150_000;

/**
 * Makes sure that what a store says may be relied on.
 * @param what names it to the tenant
 * @param now monotonic ms
 * @throws Unavailable when it was not read yet, or nothing was heard for too long
 */
export function requireFresh(
  informer: Pick<Informer<unknown>, 'hasSynced' | 'lastContact'>,
  what: string,
  now: number,
): void {
  if (!informer.hasSynced()) throw new Unavailable(`${what} is not read yet`);
  if (now - informer.lastContact() > MAX_SILENCE) throw new Unavailable(`${what} is out of date`);
}
