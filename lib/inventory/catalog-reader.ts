import { CATALOG_CONFIGMAP, CATALOG_KEY } from '../../crds/names.ts';
import { parseCatalog } from './catalog.ts';
import type { Catalog } from './device.ts';

/** The inventory without credentials, as the scheduler publishes it. */
export const catalogRef = (namespace: string) => ({ namespace, name: CATALOG_CONFIGMAP });

/** What is read of the ConfigMap. */
export interface CatalogMap {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string };
  readonly data?: { readonly [key: string]: string };
}

/**
 * A reader that parses each version of the catalog once.
 * @param onProblem is told of a catalog that cannot be read; it then counts as unknown, never as empty: nothing
 * may be concluded about devices that "left" such an inventory
 */
export function catalogReader(
  onProblem: (message: string) => void,
): (configMap: CatalogMap | undefined) => Catalog['devices'] | undefined {
  let version: string | undefined;
  let devices: Catalog['devices'] | undefined;
  return (configMap) => {
    const text = configMap?.data?.[CATALOG_KEY];
    if (configMap === undefined || text === undefined) return undefined;
    const { uid, resourceVersion } = configMap.metadata;
    const read = `${uid}/${resourceVersion}`;
    if (read === version) return devices;
    version = read;
    try {
      devices = parseCatalog(text).devices;
    } catch (error) {
      devices = undefined;
      onProblem(error instanceof Error ? error.message : String(error));
    }
    return devices;
  };
}
