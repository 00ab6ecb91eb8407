import { canonicalDevice } from '../ports/port.ts';
import { compressPorts } from '../ports/range.ts';
import type { Inventory } from './device.ts';

/**
 * The text of a `hosts.yaml` that holds the named devices only, with everything resolved into them: it needs
 * neither groups nor defaults, and {@link parseInventory} reads the same devices from it.
 * It holds credentials: it belongs into a Secret.
 * @throws Error for a name that is not in the inventory
 */
export function sliceInventory(inventory: Inventory, names: readonly string[]): string {
  const hosts: Record<string, unknown> = {};
  for (const name of names) {
    const device = inventory.devices.get(canonicalDevice(name));
    if (device === undefined) throw new Error(`device ${JSON.stringify(name)} is not in the inventory`);
    const { privateKey } = device;
    hosts[device.name] = {
      hostname: device.hostname,
      port: device.port,
      username: device.username ?? null,
      password: device.password ?? null,
      platform: device.platform,
      ...(privateKey === undefined
        ? {}
        : { connection_options: { ssh: { extras: { private_key: privateKey } } } }),
      data: {
        ...device.data,
        naas: {
          groups: device.groups,
          ports: compressPorts(device.ports),
          uplinks: compressPorts(device.uplinks),
          reserved: compressPorts(device.reserved),
          reservedVlans: device.reservedVlans,
          unused: device.unused,
          mode: device.mode,
          adopt: device.adopt,
          hostKeys: device.hostKeys,
          bootToken: device.bootToken ?? null,
        },
      },
    };
  }
  // JSON is YAML in which no word can be read two ways.
  return `${JSON.stringify(hosts, null, 2)}\n`;
}
