import type { Drift } from '../../crds/types.gen.ts';
import type { PortName } from '../../lib/ports/port.ts';
import { comparePorts } from '../../lib/ports/port.ts';
import { compressPorts } from '../../lib/ports/range.ts';
import type { SectionChange } from './config-sections.ts';
import { changeLines } from './config-sections.ts';
import { printable, redactLine } from './redact.ts';

/** A line of the confirmed configuration with the port it was rendered for, if any. */
export interface OwnedLine {
  text: string;
  port: PortName | undefined;
}

/**
 * Lines → ports: what differs between the running configuration and the confirmed one, and which ports it
 * concerns. Owners follow from the ports by `Device.status.confirmed`.
 * @param changes from the confirmed configuration (`before`) to the running one (`after`)
 * @param lines the confirmed configuration: a VLAN that went concerns each port that declared it
 * @param known the drift as it stands in status, so that its `since` stays
 */
export function drift(
  changes: readonly SectionChange[],
  lines: readonly OwnedLine[],
  portOf: (header: string) => PortName | undefined,
  known: Drift | undefined,
  now: number,
): Drift | undefined {
  if (changes.length === 0) return undefined;
  const ports = new Set<PortName>();
  for (const { header } of changes) {
    const port = portOf(header);
    if (port !== undefined) ports.add(port);
    for (const line of lines) if (line.port !== undefined && line.text === header) ports.add(line.port);
  }
  const told = changes.flatMap(changeLines).map((line) => printable(redactLine(line), 256));
  return {
    ports: compressPorts([...ports].sort(comparePorts)).slice(0, 8192),
    lines: told.slice(0, 64),
    since: known?.since ?? new Date(now).toISOString(),
  };
}
