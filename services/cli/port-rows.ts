/** Who holds which port of a switch, as rows of ports that have everything in common. Pure. */
import type { Device, Interface, PortEntry } from '../../crds/types.gen.ts';
import type { CatalogDevice } from '../../lib/inventory/device.ts';
import { parseEntry } from '../../lib/ledger/entry.ts';
import { canonicalDevice, comparePorts } from '../../lib/ports/port.ts';
import type { PortName } from '../../lib/ports/port.ts';
import { compressPorts, parsePortList } from '../../lib/ports/range.ts';
import { BUILT_IN_DEFAULTS, resolveRequest } from '../../lib/ports/resolve.ts';
import { settingsOf } from '../../lib/ports/settings.ts';
import type { Settings } from '../../lib/ports/settings.ts';

/**
 * `in use`: a request holds it; `reserved`: a request is about to; `free`: nobody does, and a request may; `uplink` and
 * `platform`: never given to a tenant; `not held`: nobody does, and whether it exists is not known to us; `unknown`: the
 * switch has no such port.
 */
export type PortState = 'in use' | 'reserved' | 'free' | 'uplink' | 'platform' | 'not held' | 'unknown';

/** What a port has in common with the others of its row. */
export interface PortUse {
  readonly state: PortState;
  /** Namespace. */
  readonly tenant?: string;
  /** Of the tenant. */
  readonly request?: string;
  /** Since when the request holds it, RFC 3339. */
  readonly since?: string;
  readonly settings?: Settings;
  /** Older requests of the tenant that have the port back when this one goes. */
  readonly shadowed?: readonly string[];
}

export interface PortRow extends PortUse {
  /** As a list of ranges. */
  readonly ports: string;
}

/** Joins ports of equal use; rows stand in the order of their first ports. */
export function rowsOf(uses: ReadonlyMap<PortName, PortUse>): PortRow[] {
  const rows = new Map<string, { use: PortUse; ports: PortName[] }>();
  for (const port of [...uses.keys()].sort(comparePorts)) {
    const use = uses.get(port);
    if (use === undefined) continue;
    const key = JSON.stringify(use);
    const row = rows.get(key) ?? { use, ports: [] };
    rows.set(key, row);
    row.ports.push(port);
  }
  return [...rows.values()].map(({ use, ports }) => ({ ports: compressPorts(ports), ...use }));
}

/**
 * Every port that the ledger or the inventory knows.
 *
 * @param inventory without it free ports are not known
 */
export function portsOfDevice(device: Device, inventory: CatalogDevice | undefined): Map<PortName, PortUse> {
  const uses = new Map<PortName, PortUse>();
  const kept = (ports: readonly PortName[], state: PortState) => {
    for (const port of ports) uses.set(port, { state });
  };
  kept(inventory?.ports ?? [], 'free');
  kept(inventory?.reserved ?? [], 'platform');
  kept(inventory?.uplinks ?? [], 'uplink');
  for (const [port, entry] of Object.entries(device.spec)) uses.set(port, useOf(port, entry));
  return uses;
}

function useOf(port: PortName, entry: PortEntry): PortUse {
  const { namespace, active, reserved } = parseEntry(port, entry);
  const [top, ...below] = active;
  if (top === undefined) {
    const request = reserved[0]?.owner;
    return { state: 'reserved', tenant: namespace, ...(request !== undefined && { request }) };
  }
  return {
    state: 'in use',
    tenant: namespace,
    request: top.owner,
    since: top.timestamp,
    settings: settingsOf(top),
    ...(below.length > 0 && { shadowed: below.map(({ owner }) => owner) }),
  };
}

/** The ports of a switch that requests hold, by the requests' own status: what a tenant sees without seeing Devices. */
export function portsOfRequests(requests: readonly Interface[], device: string): Map<PortName, PortUse> {
  const uses = new Map<PortName, PortUse>();
  for (const { metadata, spec, status } of requests) {
    const held = status?.devices?.find(({ name }) => canonicalDevice(name) === device)?.ports ?? '';
    // A list that was too long for the status ends in the middle of an item.
    const ports = parsePortList(held.replace(/(^|,)[^,]*…$/, ''));
    if (!Array.isArray(ports)) continue;
    const resolved = resolveRequest(spec, metadata.name, BUILT_IN_DEFAULTS);
    const asked = 'request' in resolved ? resolved.request.devices.get(device)?.ports : undefined;
    const { namespace = '', name } = metadata;
    const since = status?.claim?.accepted?.timestamp;
    for (const port of ports) {
      const settings = asked?.get(port);
      uses.set(port, {
        state: 'in use',
        tenant: namespace,
        request: name,
        ...(since !== undefined && { since }),
        ...(settings !== undefined && { settings }),
      });
    }
  }
  return uses;
}
