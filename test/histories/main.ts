/**
 * Runs histories until one breaks a property: `make histories`, or
 * node test/histories/main.ts --histories N --seed S [--scenario NAME] [--workers N] [--no-shrink]
 * A failure names its seed and scenario: with both and `--histories 1` it is played again.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runHistories } from './run.ts';
import type { HistoriesOptions, HistoryFailure } from './run.ts';

type Share = Pick<HistoriesOptions, 'seed' | 'histories' | 'shrink' | 'scenario'>;
type Report = { done: number } | { failure: HistoryFailure | undefined };

const PROGRESS = 100;

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    /** Processes; 0: as many as there are cores. */
    workers: { type: 'string', default: '1' },
    'no-shrink': { type: 'boolean', default: false },
  },
});

const all: Share = {
  seed: Number(values.seed),
  histories: Number(values.histories),
  shrink: !values['no-shrink'],
  ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
};

if (process.send === undefined) await lead();
else await follow();

/** Works through one share and reports. */
async function follow(): Promise<void> {
  const tell = (report: Report): void => void process.send?.(report);
  const failure = await runHistories({
    ...all,
    onProgress: (done) => done % PROGRESS === 0 && tell({ done }),
  });
  process.send?.({ failure } satisfies Report, () => process.exit(0));
}

/** Shares the work out; the first failure ends it. */
async function lead(): Promise<void> {
  const workers = Number(values.workers) || availableParallelism();
  const started = performance.now();
  const done = Array.from({ length: workers }, () => 0);
  const each = Math.ceil(all.histories / workers);
  const shares = done.map((_, index) => ({ seed: all.seed + index * each, histories: each }));
  const children = shares.map(({ seed, histories }) =>
    fork(import.meta.filename, [
      ...['--seed', String(seed), '--histories', String(histories)],
      ...(all.scenario === undefined ? [] : ['--scenario', all.scenario]),
      ...(all.shrink === false ? ['--no-shrink'] : []),
    ]),
  );
  let failed = false;
  await Promise.all(
    children.map(
      (child, index) =>
        new Promise<void>((resolve) => {
          child.on('message', (report: Report) => {
            if ('done' in report) {
              done[index] = report.done;
              const total = done.reduce((sum, one) => sum + one, 0);
              if (total % (PROGRESS * 5) === 0) progress(total, started);
            } else if (report.failure !== undefined && !failed) {
              failed = true;
              print(report.failure);
              for (const other of children) other.kill();
            }
          });
          child.on('exit', (code) => {
            if (code !== 0 && code !== null) failed = true;
            resolve();
          });
        }),
    ),
  );
  if (!failed) console.log(`${each * workers} histories, and every property held`);
  process.exit(failed ? 1 : 0);
}

function progress(total: number, started: number): void {
  console.log(`${total} histories in ${Math.round((performance.now() - started) / 1000)} s`);
}

function print({ seed, scenario, property, story, histories }: HistoryFailure): void {
  console.log(`${property}\n${story}\n`);
  console.log(
    `Broken after ${histories} histories. Again: --histories 1 --seed ${seed} --scenario ${scenario}`,
  );
}
