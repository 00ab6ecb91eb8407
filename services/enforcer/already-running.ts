import type { Confirmed, Ledger } from '../../crds/types.gen.ts';
import { toConfirmed, topClaim } from '../../lib/ledger/claim.ts';
import type { PortName } from '../../lib/ports/port.ts';
import type { Owner } from '../../lib/render/candidate.ts';
import type { SectionChange } from './config-sections.ts';

/**
 * Top claims that the switch already runs: they were loaded, and nothing of their port's section differs. They
 * count as confirmed when requests are pushed alone although nothing is known to be confirmed (enforcement.md,
 * "Who is to blame", 4): else pushing the first would park the ports of all others.
 */
export function alreadyRunning(
  tops: Ledger,
  lines: readonly { text: string; owner: Owner }[],
  changes: readonly SectionChange[],
  portOf: (header: string) => PortName | undefined,
): Confirmed {
  const changed = new Set(changes.map(({ header }) => header));
  const running: Confirmed = {};
  const differs = new Set(changes.map(({ header }) => portOf(header)));
  const rendered = new Set<string>();
  for (const { text, owner } of lines) {
    if (owner.kind !== 'request') continue;
    rendered.add(owner.port);
    if (changed.has(text.trimEnd())) differs.add(owner.port);
  }
  for (const [port, entry] of Object.entries(tops)) {
    const top = topClaim(entry);
    if (top !== undefined && rendered.has(port) && !differs.has(port)) running[port] = toConfirmed(top);
  }
  return running;
}
