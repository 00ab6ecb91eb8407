import { APP, APP_LABEL, CATALOG_CONFIGMAP, CATALOG_KEY, MANAGED_BY_LABEL } from '../../crds/names.ts';
import type { Inventory } from '../../lib/inventory/device.ts';
import { toCatalog } from '../../lib/inventory/catalog.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isNotFound } from '../../lib/kube/errors.ts';
import { CONFIG_MAPS, type ConfigMap } from '../../lib/kube/resources.ts';
import { MANAGER } from './job.ts';

/**
 * Publishes the catalog of an inventory; a conditional write, none if nothing changes (R1).
 * @throws ApiError Conflict if somebody else wrote: try again. Error if the ConfigMap is not the scheduler's (S-15).
 */
export async function publishCatalog(
  connection: Connection,
  namespace: string,
  inventory: Inventory,
): Promise<void> {
  const configMaps = client(connection, CONFIG_MAPS);
  const data = { [CATALOG_KEY]: toCatalog(inventory) };
  const labels = { [APP_LABEL]: APP, [MANAGED_BY_LABEL]: MANAGER };
  let stored: ConfigMap;
  try {
    stored = await configMaps.get({ namespace, name: CATALOG_CONFIGMAP });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await configMaps.create({ metadata: { name: CATALOG_CONFIGMAP, namespace, labels }, data });
    return;
  }
  if (stored.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER) {
    throw new Error(
      `ConfigMap ${CATALOG_CONFIGMAP} is not the scheduler's (label ${MANAGED_BY_LABEL}): rename or delete it, else no request is accepted for new devices`,
    );
  }
  if (stored.data?.[CATALOG_KEY] === data[CATALOG_KEY]) return;
  await configMaps.replace({ ...stored, data });
}
