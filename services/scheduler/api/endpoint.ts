import type { AddressInfo } from 'node:net';
import { APP, APP_LABEL, MANAGED_BY_LABEL } from '../../../crds/names.ts';
import { client } from '../../../lib/kube/client.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { isNotFound } from '../../../lib/kube/errors.ts';
import { CONFIG_MAPS } from '../../../lib/kube/resources.ts';
import { MANAGER } from '../job.ts';

/** ConfigMap that tells callers where the API is and which certificate it shows. */
export const ENDPOINT = 'scheduler-api';

/** Publishes address and certificate of an API that made its certificate itself. */
export async function publishEndpoint(
  connection: Connection,
  namespace: string,
  endpoint: { readonly cert: string; readonly address: AddressInfo },
): Promise<void> {
  const configMaps = client(connection, CONFIG_MAPS, { timeoutMs: 10_000 });
  const { address, port, family } = endpoint.address;
  const host = family === 'IPv6' ? `[${address}]` : address;
  const data = { 'ca.crt': endpoint.cert, url: `https://${host}:${port}` };
  const labels = { [APP_LABEL]: APP, [MANAGED_BY_LABEL]: MANAGER };
  try {
    const stored = await configMaps.get({ namespace, name: ENDPOINT });
    // S-15: somebody else's ConfigMap is left alone.
    if (stored.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER) {
      throw new Error(`ConfigMap ${ENDPOINT} is not the scheduler's`);
    }
    await configMaps.replace({ ...stored, data });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await configMaps.create({ metadata: { name: ENDPOINT, namespace, labels }, data });
  }
}
