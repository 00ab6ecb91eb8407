import type { ConfigMap } from '../../lib/kube/resources.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import type { LastGood } from './last-good.ts';

/**
 * Reads one key of one ConfigMap of the platform's namespace whenever it has changed.
 * S-45, S-46: the informer follows that namespace and that name only, so that a look-alike elsewhere is never seen.
 * @returns the reader, up to date at each call
 */
export function watchedText<T>(
  informer: Pick<Informer<ConfigMap>, 'store' | 'hasSynced'>,
  place: { namespace: string; name: string; key: string },
  reader: LastGood<T>,
): () => LastGood<T> {
  let seen: unknown;
  let read = false;
  return () => {
    if (!informer.hasSynced()) return reader;
    const configMap = informer.store.get(`${place.namespace}/${place.name}`);
    if (read && configMap === seen) return reader;
    seen = configMap;
    read = true;
    // A ConfigMap without the key says as little as none.
    reader.update(configMap?.data?.[place.key]);
    return reader;
  };
}
