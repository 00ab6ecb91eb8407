import { comparePorts } from '../ports/port.ts';
import { compressPorts, parsePortList } from '../ports/range.ts';
import type { PortName } from '../ports/port.ts';
import { isMapping } from '../ports/safe-yaml.ts';
import { InventoryError } from './device.ts';
import type { Catalog, CatalogDevice, Inventory } from './device.ts';

/** The catalog's entry for a device as JSON; ports are compressed, else 5,000 switches would not fit a ConfigMap. */
interface Entry {
  platform: string;
  groups: readonly string[];
  ports: string;
  uplinks: string;
  reserved: string;
  reservedVlans: string;
  unused: CatalogDevice['unused'];
  mode: CatalogDevice['mode'];
  adopt: CatalogDevice['adopt'];
}

/**
 * The inventory without any credential, address or data, as JSON text: sorted, so that equal inventories give
 * equal text.
 */
export function toCatalog(inventory: Inventory): string {
  const devices: Record<string, Entry> = {};
  for (const name of [...inventory.devices.keys()].sort()) {
    const device = inventory.devices.get(name);
    if (device === undefined) continue;
    // Every field is named: what is added to InventoryDevice later stays out.
    devices[name] = {
      platform: device.platform,
      groups: device.groups,
      ports: compressPorts(device.ports),
      uplinks: compressPorts(device.uplinks),
      reserved: compressPorts(device.reserved),
      reservedVlans: device.reservedVlans,
      unused: device.unused,
      mode: device.mode,
      adopt: device.adopt,
    };
  }
  return `${JSON.stringify({ devices })}\n`;
}

/**
 * Reads what {@link toCatalog} wrote.
 * @throws InventoryError when it is anything else
 */
export function parseCatalog(text: string): Catalog {
  const read = readJson(text);
  const entries = isMapping(read) ? read['devices'] : undefined;
  if (!isMapping(entries)) throw new InventoryError(['catalog: must be JSON with "devices"']);
  const problems: string[] = [];
  const devices = new Map<string, CatalogDevice>();
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) {
      problems.push(`catalog.devices.${name}: is not a device`);
      continue;
    }
    devices.set(name, {
      name,
      platform: entry.platform,
      groups: entry.groups,
      ports: ports(entry.ports, `catalog.devices.${name}.ports`, problems),
      uplinks: ports(entry.uplinks, `catalog.devices.${name}.uplinks`, problems),
      reserved: ports(entry.reserved, `catalog.devices.${name}.reserved`, problems),
      reservedVlans: entry.reservedVlans,
      unused: entry.unused,
      mode: entry.mode,
      adopt: entry.adopt,
    });
  }
  if (problems.length > 0) throw new InventoryError(problems);
  return { devices };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new InventoryError(['catalog: is not JSON']);
  }
}

function isEntry(value: unknown): value is Entry {
  if (!isMapping(value)) return false;
  const texts = ['platform', 'ports', 'uplinks', 'reserved', 'reservedVlans'];
  return (
    texts.every((key) => typeof value[key] === 'string') &&
    Array.isArray(value['groups']) &&
    value['groups'].every((group) => typeof group === 'string') &&
    (value['unused'] === 'parked' || value['unused'] === 'default') &&
    (value['mode'] === 'enforce' || value['mode'] === 'alert' || value['mode'] === 'pause') &&
    (typeof value['adopt'] === 'boolean' || typeof value['adopt'] === 'string')
  );
}

function ports(text: string, path: string, problems: string[]): PortName[] {
  const list = parsePortList(text);
  if (Array.isArray(list)) return list.sort(comparePorts);
  problems.push(`${path}: ${list.message}`);
  return [];
}
