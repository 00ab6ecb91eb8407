/** What was found, as text. */
import { digits } from '../../../bench/measure/statistics.ts';
import { table } from '../../../bench/measure/table.ts';
import { unjudged, type Judged } from './judge-all.ts';
import { nonsense, TAKEN } from './load/requests.ts';
import type { Findings } from './soak.ts';

/**
 * Everything that counts as a failure. Calls that failed are told apart: what they leave behind counts, not they.
 *
 * @param settled seconds; what settles within them must have been judged
 */
export function complaints({ judged, leftBehind, load }: Findings, settled: number): string[] {
  const taken = load.outcomes.get(nonsense.name)?.get(TAKEN) ?? 0;
  return [
    ...judged.filter(({ verdict }) => verdict === 'grows').map((one) => `grows: ${told(one)}`),
    ...unjudged(judged, settled).map(({ subject, what }) => `too short to be judged: ${subject}, ${what}`),
    ...leftBehind,
    ...(taken === 0 ? [] : [`the platform took nonsense ${taken} times`]),
  ];
}

/** One series in a line: where it was and is, how fast it rises, what is allowed. */
export function told({ subject, what, windows, rule }: Judged): string {
  const spans = windows.map(
    ({ from, to, level, growth }) => `${digits(growth)} from ${from} s to ${to} s around ${digits(level)}`,
  );
  return `${subject}, ${what}: ${spans.join('; ')} (allowed ${rule?.allowance ?? '–'})`;
}

export function seriesTable(judged: readonly Judged[]): string {
  const rows = judged.filter(({ samples }) => samples.some(({ value }) => value !== 0)).map(row);
  return table(['', 'first', 'middle', 'last', 'most', 'growth when judged', 'allowed', 'verdict'], rows);
}

function row({ subject, what, samples, windows, rule, verdict }: Judged): string[] {
  const values = samples.map(({ value }) => value);
  const at = (part: number) => digits(values[Math.round(part * (values.length - 1))] ?? Number.NaN);
  const growth = windows.map((window) => digits(window.growth)).join(', ');
  return [
    `${subject}: ${what}`,
    ...[at(0), at(0.5), at(1), digits(Math.max(...values)), growth || '–'],
    ...[rule === undefined ? '–' : String(rule.allowance), verdict],
  ];
}

export function loadTable({ load }: Findings): string {
  const rows = [...load.outcomes].map(([name, counts]) => [
    name,
    [...counts.values()].reduce((sum, count) => sum + count, 0),
    [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(', '),
  ]);
  return table(['operation', 'times', 'how it ended'], rows);
}

/** What went wrong on the way without being growth. */
export function notes({ load, blind }: Findings): string[] {
  return [
    `Restarts: ${load.restarts.join(', ')}`,
    `Operations left out because too many were running: ${load.leftOut}`,
    ...load.problems.map((line) => `failed: ${line}`),
    ...blind.map((line) => `a round of probes failed: ${line}`),
  ];
}
