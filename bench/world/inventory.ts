/** Inventories of many equal switches, as Nornir's SimpleInventory. */
import { PORTS } from './ledger.ts';

export interface InventoryFiles {
  readonly hosts: string;
  readonly groups: string;
}

/** What one switch has of its own. */
export interface Host {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  /** Further fields of this host alone. */
  readonly own?: object;
}

/** @param group what all switches have in common: settings of Nornir's group `leaf` */
export function inventoryFiles(hosts: readonly Host[], group: object): InventoryFiles {
  return {
    // JSON is YAML.
    hosts: JSON.stringify(
      Object.fromEntries(
        hosts.map(({ name, hostname, port, own }) => [name, { hostname, port, groups: ['leaf'], ...own }]),
      ),
    ),
    groups: JSON.stringify({ leaf: group }),
  };
}

/** Switches that nobody reaches and nobody pushes to. */
export function pausedInventory(names: readonly string[]): InventoryFiles {
  const hosts = names.map((name) => ({ name, hostname: '127.0.0.1', port: 22 }));
  const naas = {
    ...{ ports: [`1-${PORTS}`], uplinks: ['53', '54'], reservedVlans: '1,4000-4094' },
    ...{ mode: 'pause', adopt: true },
  };
  return inventoryFiles(hosts, { platform: 'eos', username: 'naas', data: { naas } });
}
