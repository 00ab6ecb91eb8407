import type { PortName } from '../../lib/ports/port.ts';
import type { ResolvedRequest } from '../../lib/ports/resolve.ts';
import type { Settings } from '../../lib/ports/settings.ts';
import type { GrantBook } from '../../lib/grants/grant-book.ts';
import type { PortLimit } from '../../lib/grants/limit.ts';
import type { VlanRange } from '../../lib/ports/vlan-ranges.ts';

/** Who holds a port: the request on top, else one that reserved it. */
export interface Holder {
  namespace: string;
  request: string;
  uid: string;
}

/** What the inventory says of a device. */
export interface KnownDevice {
  /** Absent: the device has no such port. */
  portState(port: PortName): 'delegable' | 'uplink' | 'reserved' | undefined;
  readonly reservedVlans: readonly VlanRange[];
  /** Groups of the inventory it is in. */
  readonly groups: readonly string[];
}

/** What a decision may look at, by canonical device name. */
export interface Facts {
  device(name: string): KnownDevice | undefined;
  holder(device: string, port: PortName): Holder | undefined;
  /** The last push or check could not reach it. */
  unreachable(device: string): boolean;
  /** What tenants may do. */
  grants(): GrantBook;
  /** What an active claim of the request puts on the port. */
  held(device: string, port: PortName, uid: string): Settings | undefined;
  /** How many ports the namespace would hold with the request. */
  portsAfter(namespace: string, uid: string, request: ResolvedRequest): Pick<PortLimit, 'after' | 'added'>;
}

export interface PolicySettings {
  hideOwners: boolean;
  requireTenant: boolean;
}

/** Input of policies/interfaces.rego. */
export interface PolicyInput {
  request: { operation: string; namespace: string; name: string; uid: string; user: string; dryRun: boolean };
  devices: { device: string; written: string; field: string; known: boolean }[];
  ports: {
    device: string;
    written: string;
    port: PortName;
    field: string;
    state: 'delegable' | 'uplink' | 'reserved' | 'unknown';
    trunk: boolean;
    vlan: number;
    holder: Holder | null;
    /** With a Tenant: see grant-facts.ts. */
    granted?: boolean;
    trunkGranted?: boolean;
    words?: string;
  }[];
  vlans: {
    device: string;
    written: string;
    field: string;
    from: number;
    to: number;
    reserved: readonly VlanRange[];
    ungranted?: string;
    words?: string;
  }[];
  /** `null`: the namespace has none, and may use what is free unless one is required. */
  tenant: { name: string; limit: (PortLimit & { words: string }) | null } | null;
  settings: PolicySettings;
}
