import type { Informer } from '../../lib/kube/informer.ts';
import { Unavailable } from '../unavailable.ts';

/** Longest silence of the API server, in ms: it sends something about once a minute. S-27 */
export const MAX_SILENCE = 90_000;

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
