import { parse } from 'yaml';
import { MODEL_KEY } from '../../crds/names.ts';
import type { Device, Interface, Ledger } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { ApiError, isAlreadyExists, isConflict } from '../../lib/kube/errors.ts';
import { CONFIG_MAPS, DEVICES, INTERFACES, TENANTS } from '../../lib/kube/resources.ts';
import { catalogRef } from '../../lib/inventory/catalog-reader.ts';
import type { CatalogMap } from '../../lib/inventory/catalog-reader.ts';
import type { DeviceWorld, InventoryFacts } from './world.ts';

export interface ApiWorldOptions {
  connection: Connection;
  /** The platform's. */
  namespace: string;
  /** Aborts whatever is under way. */
  signal: AbortSignal;
  /** The catalog as a cache shows it. */
  cachedInventory(): InventoryFacts | undefined;
  parseInventory(configMap: CatalogMap): InventoryFacts | undefined;
  /** Told of each write, for the read-your-writes barrier. */
  onWrite(kind: 'Interface' | 'Device', version: string): void;
  onAlert(about: Interface, message: string): void;
  now(): string;
}

/** The world of the real API server. */
export function apiWorld(options: ApiWorldOptions): DeviceWorld {
  const { connection, namespace, signal, onWrite } = options;
  const interfaces = client(connection, INTERFACES, { signal });
  const devices = client(connection, DEVICES, { signal });
  const tenants = client(connection, TENANTS, { signal });
  const configMaps = client(connection, CONFIG_MAPS, { signal });
  const written = async <T extends Interface | Device>(
    kind: 'Interface' | 'Device',
    write: Promise<T>,
  ): Promise<T | undefined> => {
    const object = await unlessChanged(write);
    if (object?.metadata.resourceVersion !== undefined) onWrite(kind, object.metadata.resourceVersion);
    return object;
  };
  return {
    getInterface: (ref) => unlessMissing(interfaces.get(ref)),
    getDevice: (name) => unlessMissing(devices.get({ namespace, name })),
    getTenant: (name) => unlessMissing(tenants.get({ name })),
    replaceDevice: (device) => written('Device', devices.replace(device)),
    replaceInterface: (request) => written('Interface', interfaces.replace(request)),
    replaceInterfaceStatus: (request) => written('Interface', interfaces.replaceStatus(request)),
    createDevice: (device) => written('Device', devices.create(device)),
    async deleteDevice({ metadata }) {
      const { name, uid, resourceVersion } = metadata;
      if (uid === undefined || resourceVersion === undefined) throw new Error(`Device ${name}: not as read`);
      const deletion = devices.delete({ namespace, name }, { uid, resourceVersion });
      return (await unlessChanged(deletion.then(() => true))) ?? false;
    },
    async listInterfaces() {
      // Without a resourceVersion the list is consistent.
      const { items } = await interfaces.list();
      return items;
    },
    async getModel(device) {
      const ref = { namespace, name: `interfaces-${device}` };
      const text = (await unlessMissing(configMaps.get(ref)))?.data?.[MODEL_KEY];
      return text === undefined ? undefined : parseModel(text);
    },
    async getInventory(names) {
      const cached = options.cachedInventory();
      if (cached !== undefined && names.every((name) => cached.has(name))) return cached;
      const configMap = await unlessMissing(configMaps.get(catalogRef(namespace)));
      return configMap === undefined ? undefined : options.parseInventory(configMap);
    },
    alert: options.onAlert,
    now: options.now,
  };
}

/**
 * Undefined for an object that does not exist.
 * @throws everything else, also a 404 that is no answer about the object: while the kind is not served, nothing
 * may be taken for deleted (R3 would free its ports)
 */
async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404 && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

/** Undefined when the write came too late: R1, start again from reads. */
async function unlessChanged<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await unlessMissing(write);
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error)) return undefined;
    throw error;
  }
}

/** The model is our own, but people can edit it: what is not a ledger counts as no model. */
function parseModel(text: string): Ledger | undefined {
  const model: unknown = parse(text, { maxAliasCount: 0 });
  if (typeof model !== 'object' || model === null || Array.isArray(model)) return undefined;
  const entries = Object.entries(model).filter(
    (pair): pair is [string, Ledger[string]] =>
      typeof pair[1] === 'object' && pair[1] !== null && typeof pair[1].annotations === 'object',
  );
  return Object.fromEntries(entries);
}
