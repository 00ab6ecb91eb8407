import { isFresh } from '../../lib/kube/freshness.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import { Unavailable } from '../unavailable.ts';

/**
 * Makes sure that what a store says may be relied on.
 * @param what names it to the tenant
 * @param now monotonic ms
 * @throws Unavailable when it was not read yet, or nothing was heard for too long (S-27)
 */
export function requireFresh(
  informer: Pick<Informer<unknown>, 'hasSynced' | 'lastContact'>,
  what: string,
  now: number,
): void {
  if (!informer.hasSynced()) throw new Unavailable(`${what} is not read yet`);
  if (!isFresh(informer, now)) throw new Unavailable(`${what} is out of date`);
}
