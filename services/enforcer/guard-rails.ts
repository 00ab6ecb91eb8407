import type { Confirmed, Ledger } from '../../crds/types.gen.ts';
import { hasActiveClaim } from '../../lib/ledger/claim.ts';
import type { PortName } from '../../lib/ports/port.ts';
import { compressPorts } from '../../lib/ports/range.ts';
import type { SectionChange } from './config-sections.ts';

export interface GuardedChange {
  changes: readonly SectionChange[];
  /** Access the platform would lose, in words (`Driver.lostAccess`). */
  lostAccess: readonly string[];
  portOf(header: string): PortName | undefined;
  /** All ports of the switch. */
  ports: readonly PortName[];
  /** Ports that belong to base models: uplinks and reserved ones. */
  ownedByBase: readonly PortName[];
  /** `Device.spec`. */
  ledger: Ledger;
  /** What the switch is known to show. */
  confirmed: Confirmed;
  /** A person agreed to whatever stands on the switch being replaced. */
  adopted: boolean;
  /** The running configuration is not what was confirmed last: what goes may be what came in by hand. */
  drifted: boolean;
}

/** More unexplained removals than this share of the ports is taken for an accident. */
const SHARE = 0.1;

/**
 * Why a change must not be committed, although every line of it was taken (devices.md 1.4.7); undefined when
 * it may. A port whose request left the ledger is removed rightly and does not count.
 */
export function guardRails(change: GuardedChange): string | undefined {
  if (change.lostAccess.length > 0) {
    return `The platform would lock itself out: ${change.lostAccess.join('; ')}. Add it to a base model`;
  }
  if (change.adopted) return undefined;

  const removed = removedPorts(change);
  const base = new Set(change.ownedByBase);
  const links = removed.filter((port) => base.has(port));
  if (links.length > 0 && !change.drifted) {
    return `Uplink or reserved ports would lose their configuration: ${compressPorts(links)}`;
  }
  const unexplained = removed.filter((port) => !isExplained(port, change));
  const most = Math.max(1, Math.floor(change.ports.length * SHARE));
  if (unexplained.length <= most) return undefined;
  return `${unexplained.length} ports would be cleared that no request released: ${compressPorts(unexplained)}`;
}

/** Ports that lose all their settings. */
function removedPorts({ changes, portOf }: GuardedChange): PortName[] {
  return changes.flatMap(({ header, before, after }) => {
    const port = portOf(header);
    return port !== undefined && hasSettings(before) && !hasSettings(after) ? [port] : [];
  });
}

function hasSettings(body: readonly string[] | undefined): boolean {
  return (body ?? []).some((line) => line.trim() !== 'shutdown');
}

/** The port showed a request that has no claim on it any more. */
function isExplained(port: PortName, { confirmed, ledger, drifted }: GuardedChange): boolean {
  const shown = confirmed[port];
  // Confirmed as parked: what stands there came in since, by hand or from an older startup-config.
  if (shown === undefined) return drifted;
  return !hasActiveClaim(ledger[port], shown.uid);
}
