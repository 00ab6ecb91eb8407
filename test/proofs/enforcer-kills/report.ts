import type { Findings } from './experiment.ts';
import type { Run } from './run.ts';

/** Which steps enforcers died in, as a Markdown table. */
export function table({ kills, fates, processes, runs, pushes }: Findings): string {
  const rows = [...kills].map(
    ([step, { before, within, after }]) =>
      `| ${step} | ${before} | ${within} | ${after} | ${before + within + after} |`,
  );
  const sum = `${fates.kill} kills, ${fates.pause} pauses, ${fates.cut} lost connections and ${fates.reload} boots of the switch under a living enforcer; ${runs} runs, ${pushes} pushes.`;
  const real = `Of these, real processes: ${processes.kill} by SIGKILL, ${processes.pause} by SIGSTOP and SIGCONT.`;
  return ['| Step | before | within | after | kills |', '|---|---|---|---|---|', ...rows, '', sum, real].join(
    '\n',
  );
}

/** A failed run: seed, what broke, and the way there since the last change of the ledger that was pushed in full. */
export function toldFailure({ seed, broke, story }: Run): string {
  const broken = story.findIndex((line) => line.startsWith('✗'));
  const before = story.slice(0, broken === -1 ? story.length : broken);
  const alone = before.findLastIndex(
    (line, index) => line.endsWith('left alone') && index < before.length - 3,
  );
  const from = Math.max(0, alone);
  return [
    `Seed ${seed} (again: --seed ${seed} --runs 1):`,
    ...broke.map((line) => `  ✗ ${line}`),
    '  Story:',
    ...story.slice(from).map((line) => `    ${line}`),
  ].join('\n');
}
