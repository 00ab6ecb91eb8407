import type { PortName } from '../ports/port.ts';

/** What everyone in the platform may know of a switch: no credential, no address, no data. */
export interface CatalogDevice {
  /** Canonical: lower case. */
  name: string;
  platform: string;
  /** All groups, nearest first; the last one is always `global`. */
  groups: readonly string[];
  /** All ports of the switch, sorted. */
  ports: readonly PortName[];
  /** Ports that lead to other switches: never delegated. Part of `ports`. */
  uplinks: readonly PortName[];
  /** Ports kept by the network team for other reasons: never delegated. Part of `ports`. */
  reserved: readonly PortName[];
  /** VLANs no request may use, compressed: "1,1002-1005". */
  reservedVlans: string;
  /** What a port without claim looks like: shut down, or as the switch comes. */
  unused: 'parked' | 'default';
  mode: 'enforce' | 'alert' | 'pause';
  /** `false`: nothing is pushed before a person agreed; `sha256:…` of the running configuration agreed to; `true`. */
  adopt: boolean | string;
}

/** A switch with what it takes to reach it. Held by the scheduler, and by an enforcer for its own slice. */
export interface InventoryDevice extends CatalogDevice {
  hostname: string;
  port: number;
  username?: string;
  password?: string;
  /** PEM or OpenSSH text, never a path. */
  privateKey?: string;
  /** "ssh-ed25519 AAAA…" or "SHA256:…"; empty: the switch's identity is unknown. */
  hostKeys: readonly string[];
  /** SHA-256 of the switch's boot token, 64 hexadecimal digits. */
  bootToken?: string;
  /** Data of host, groups and defaults by Nornir's rules, without `naas`. */
  data: Readonly<Record<string, unknown>>;
}

export interface Inventory {
  /** By canonical name. */
  devices: ReadonlyMap<string, InventoryDevice>;
}

export interface Catalog {
  /** By canonical name. */
  devices: ReadonlyMap<string, CatalogDevice>;
}

/** Platforms there is a driver for. */
export const PLATFORMS: readonly string[] = ['eos'];

/** Group that every host is in, as in the seed system. */
export const GLOBAL_GROUP = 'global';

/** Thrown with everything that is wrong, each with its path, such as `hosts.leaf1.data.naas.ports`. */
export class InventoryError extends Error {
  override readonly name = 'InventoryError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
