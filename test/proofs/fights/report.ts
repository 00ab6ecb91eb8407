import type { Observer } from './observer.ts';
import { toldDisturbance } from './plan.ts';
import type { Round } from './round.ts';
import { added } from './tally.ts';

/** One line of progress. */
export function told({ plan, tally, ms, disturbed }: Round): string {
  const seconds = (time: number) => `${(time / 1000).toFixed(1)} s`;
  return [
    `round ${plan.number}, ${plan.tenants.length} tenants${plan.allLead ? ', all lead' : ''}:`,
    `${tally.contested} ports contested, ${tally.won} won;`,
    `${tally.asked} asked, ${tally.deniedAtAdmission} denied at admission, ${tally.deniedByLedger} by the ledger;`,
    `${disturbed.join(', ') || 'undisturbed'}; ${seconds(ms.play)} + ${seconds(ms.rest)}`,
  ].join(' ');
}

/** All rounds in numbers, as Markdown. */
export function table(rounds: readonly Round[], counts: Observer['counts']): string {
  const groups = Map.groupBy(
    rounds,
    ({ plan }) => `${plan.tenants.length} | ${plan.allLead ? 'all' : 'one'}`,
  );
  const lines = [...groups].map(([group, some]) => {
    const sum = some.map(({ tally }) => tally).reduce(added);
    const { contested, won, free, asked, stored, gone, deniedAtAdmission, deniedByLedger } = sum;
    const cells = [some.length, asked, stored, deniedAtAdmission, gone, deniedByLedger, contested, won, free];
    return `| ${group} | ${cells.join(' | ')} |`;
  });
  const kinds = new Map<string, number>();
  for (const kind of rounds.flatMap(({ disturbed }) => disturbed))
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [
    '| Tenants | Leaders | Rounds | Asked | Stored | Denied at admission | Already gone | Stored, lost in the ledger | Ports contested | Won by one | Left free |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
    `Disturbances: ${[...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ') || 'none'}.`,
    `Looked at: ${counts.ledgers} versions of ledgers, ${counts.requests} of requests, ${counts.configurations} configurations of switches (${counts.whole} of them one version as a whole).`,
  ].join('\n');
}

/** A round that failed: what broke, and what had been planned. */
export function toldFailure(round: Round | undefined, broke: readonly string[]): string {
  return [
    ...broke.map((line) => `✗ ${line}`),
    ...(round?.plan.disturbances ?? []).map((one) => `  planned: ${toldDisturbance(one)}`),
  ].join('\n');
}
