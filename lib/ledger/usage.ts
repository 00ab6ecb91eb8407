import type { Device } from '../../crds/types.gen.ts';
import type { PortName } from '../ports/port.ts';
import type { ResolvedRequest } from '../ports/resolve.ts';
import type { Settings } from '../ports/settings.ts';
import { settingsOf } from '../ports/settings.ts';
import { portsOf } from './edit.ts';
import { parseEntry } from './entry.ts';
import { oncePerLedger } from './once.ts';

/** A ledger, read or from a cache. */
type WithLedger = Pick<Device, 'spec'>;

const countsByNamespace = oncePerLedger((ledger): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { annotations } of Object.values(ledger)) {
    counts.set(annotations.namespace, (counts.get(annotations.namespace) ?? 0) + 1);
  }
  return counts;
});

/** By namespace: how many ports of the switch it holds. Active, shadowed and reserved claims alike hold a port, once. */
export function heldCounts({ spec }: WithLedger): ReadonlyMap<string, number> {
  return countsByNamespace(spec);
}

/** What the active claims of a namespace put on the ports of a switch, the shadowed ones too. */
export function activeSettings(
  { spec }: WithLedger,
  namespace: string,
): { port: PortName; settings: Settings; uid: string }[] {
  return Object.entries(spec).flatMap(([port, entry]) => {
    if (entry.annotations.namespace !== namespace) return [];
    return parseEntry(port, entry).active.map((claim) => ({
      port,
      settings: settingsOf(claim),
      uid: claim.uid,
    }));
  });
}

/** What a request's own active claim puts on a port. */
export function ownSettings(
  device: WithLedger | undefined,
  port: PortName,
  uid: string,
): Settings | undefined {
  const entry = device?.spec[port];
  if (entry === undefined) return undefined;
  const own = parseEntry(port, entry).active.find((claim) => claim.uid === uid);
  return own === undefined ? undefined : settingsOf(own);
}

/**
 * How many ports a namespace would hold once a request is in force: what it holds on all switches, less what only this
 * request holds and lists no more, and what is new.
 * @param ledgers those on which the namespace holds ports, and those of the request, by canonical name
 * @param uid of the request; '' for a new one
 */
export function portsAfter(
  ledgers: ReadonlyMap<string, WithLedger>,
  namespace: string,
  uid: string,
  request: ResolvedRequest,
): { after: number; added: number } {
  let after = 0;
  let added = 0;
  for (const [name, device] of ledgers) {
    const listed = request.devices.get(name)?.ports;
    after += heldCounts(device).get(namespace) ?? 0;
    after -= portsOf(device, uid).filter(
      (port) => listed?.has(port) !== true && isAlone(device, port, uid),
    ).length;
  }
  for (const [name, { ports }] of request.devices) {
    const ledger = ledgers.get(name)?.spec;
    for (const port of ports.keys()) {
      if (ledger?.[port]?.annotations.namespace !== namespace) added += 1;
    }
  }
  return { after: after + added, added };
}

function isAlone({ spec }: WithLedger, port: PortName, uid: string): boolean {
  const entry = spec[port];
  if (entry === undefined) return false;
  const { active, reserved } = parseEntry(port, entry);
  return [...active, ...reserved].every((claim) => claim.uid === uid);
}
