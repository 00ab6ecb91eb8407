/** What the platform lets us see of its switches. */
import { CATALOG_CONFIGMAP, CATALOG_KEY, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { Device } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { ApiError, isNotFound } from '../../lib/kube/errors.ts';
import { CONFIG_MAPS, DEVICES } from '../../lib/kube/resources.ts';
import { parseCatalog } from '../../lib/inventory/catalog.ts';
import type { CatalogDevice } from '../../lib/inventory/device.ts';
import { canonicalDevice } from '../../lib/ports/port.ts';
import type { Context } from './command.ts';
import { Failure } from './failure.ts';
import { nameOf } from './object-name.ts';
import type { PLATFORM_OPTIONS } from './options.ts';

/** A switch, as far as we may see it. */
export interface SeenDevice {
  /** Canonical name. */
  readonly name: string;
  /** Namespace where Devices are. */
  readonly namespace: string;
  /** Its ledger; undefined for who may not read Devices. */
  readonly ledger: Device | undefined;
  /** Its ports in the inventory; undefined for who may not read the catalog. */
  readonly inventory: CatalogDevice | undefined;
}

/** The platform's namespace. */
export function platformNamespace({ values, environment }: Context<typeof PLATFORM_OPTIONS>): string {
  return values['platform-namespace'] ?? environment['NAAS_NAMESPACE'] ?? PLATFORM_NAMESPACE;
}

function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.code === 403;
}

/**
 * Reads a switch by its name in any case.
 *
 * @throws Failure when there is no such switch, as far as we may know
 */
export async function seeDevice(
  connection: Connection,
  context: Context<typeof PLATFORM_OPTIONS>,
  written: string,
): Promise<SeenDevice> {
  const namespace = platformNamespace(context);
  const next = `kubectl get devices -n ${namespace}`;
  const name = canonicalDevice(nameOf('device', written, next));
  const [ledger, inventory] = await Promise.all([
    readLedger(connection, { namespace, name }),
    readInventory(connection, { namespace, name }),
  ]);
  if (ledger === 'missing') throw new Failure(`There is no device "${written}"`, { next });
  return { name, namespace, ledger, inventory };
}

type Place = { readonly namespace: string; readonly name: string };

async function readLedger(connection: Connection, place: Place): Promise<Device | 'missing' | undefined> {
  try {
    return await client(connection, DEVICES).get(place);
  } catch (error) {
    if (isForbidden(error)) return undefined;
    if (isNotFound(error)) return 'missing';
    throw error;
  }
}

async function readInventory(
  connection: Connection,
  { namespace, name }: Place,
): Promise<CatalogDevice | undefined> {
  try {
    const map = await client(connection, CONFIG_MAPS).get({ namespace, name: CATALOG_CONFIGMAP });
    return parseCatalog(map.data?.[CATALOG_KEY] ?? '').devices.get(name);
  } catch (error) {
    if (isForbidden(error) || isNotFound(error)) return undefined;
    throw error;
  }
}

/** Says what to ask the admin for, to see more of a switch. */
export function mayNotSee(device: SeenDevice, what: string, next: string): Failure {
  const missing =
    device.ledger === undefined
      ? `read Devices in ${device.namespace}: ask the platform's admin for ClusterRole naas-device-viewer there`
      : `read ConfigMap ${CATALOG_CONFIGMAP} in ${device.namespace}: ask the platform's admin for it`;
  return new Failure(`${what} is seen only by those who may ${missing}`, { next });
}
