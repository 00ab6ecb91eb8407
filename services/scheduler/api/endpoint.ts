import { isDeepStrictEqual } from 'node:util';
import { APP, APP_LABEL, MANAGED_BY_LABEL } from '../../../crds/names.ts';
import { client } from '../../../lib/kube/client.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { isNotFound } from '../../../lib/kube/errors.ts';
import { CONFIG_MAPS } from '../../../lib/kube/resources.ts';
import { MANAGER } from '../job.ts';

/** ConfigMap that tells callers where the API is and whom to trust. */
export const ENDPOINT = 'scheduler-api';

/** Publishes where the API is and the authorities that sign its certificate (PEM); writes nothing if that is known. */
export async function publishEndpoint(
  connection: Connection,
  namespace: string,
  endpoint: { readonly ca: string; readonly url: string },
): Promise<void> {
  const configMaps = client(connection, CONFIG_MAPS, { timeoutMs: 10_000 });
  const data = { 'ca.crt': endpoint.ca, url: endpoint.url };
  const labels = { [APP_LABEL]: APP, [MANAGED_BY_LABEL]: MANAGER };
  try {
    const stored = await configMaps.get({ namespace, name: ENDPOINT });
    // S-15: somebody else's ConfigMap is left alone.
    if (stored.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER) {
      throw new Error(`ConfigMap ${ENDPOINT} is not the scheduler's`);
    }
    if (!isDeepStrictEqual(stored.data, data)) await configMaps.replace({ ...stored, data });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await configMaps.create({ metadata: { name: ENDPOINT, namespace, labels }, data });
  }
}
