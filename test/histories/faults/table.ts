import type { Fault } from './fault.ts';
import type { Find } from './hunt.ts';

export interface Row {
  fault: Fault;
  finds: readonly Find[];
}

/** The report as a table in Markdown. @param limit histories after which a seed gave up */
export function table(rows: readonly Row[], limit: number): string {
  return [
    '| Fault | Rule | Scenario | Histories: median, most | Property | Story |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ fault, finds }) => line(fault, finds, limit)),
  ].join('\n');
}

function line(fault: Fault, finds: readonly Find[], limit: number): string {
  const failures = finds.flatMap(({ failure }) => failure ?? []);
  const counts = finds.map(({ failure }) => failure?.histories ?? Infinity).sort((a, b) => a - b);
  const told = (count: number | undefined): string =>
    count === undefined || count === Infinity ? `> ${limit}` : String(count);
  const median = counts[Math.floor((counts.length - 1) / 2)];
  const properties = [...new Set(failures.map(({ property }) => property))].sort();
  return `| ${[
    `${fault.name}: ${fault.breaks}`,
    fault.rule,
    fault.scenario,
    `${told(median)}, ${told(counts.at(-1))}`,
    properties.join('; '),
    fault.story ?? '',
  ]
    .map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' '))
    .join(' | ')} |`;
}
