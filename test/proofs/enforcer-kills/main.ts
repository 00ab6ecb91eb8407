/**
 * Kills enforcers at every step of a push and looks whether the switch and its status stay right.
 *
 * Usage: node test/proofs/enforcer-kills/main.ts [--kills 1000] [--seed 1] [--runs N] [--lanes 6] [--fault NAME]
 *   --seed 17 --runs 1    one run again, with its story
 *   --fault NAME          the same with a faulty enforcer: must fail
 * Ends with 1 if a promise broke.
 */
import { parseArgs } from 'node:util';
import { experiment } from './experiment.ts';
import { MUTATIONS } from './mutations.ts';
import { startPlatform } from './platform.ts';
import { table, toldFailure } from './report.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string' },
    lanes: { type: 'string', default: '6' },
    fault: { type: 'string' },
  },
});
const mutation = MUTATIONS.find(({ name }) => name === values.fault);
if (values.fault !== undefined && mutation === undefined) {
  console.error(`--fault: must be one of ${MUTATIONS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const platform = await startPlatform();
try {
  const start = performance.now();
  const findings = await experiment({
    platform,
    kills: Number(values.kills),
    firstSeed: Number(values.seed),
    lanes: Number(values.lanes),
    mostFailures: 3,
    ...(values.runs === undefined ? {} : { mostRuns: Number(values.runs) }),
    ...(mutation === undefined ? {} : { mutation }),
    onRun(run, { runs, fates }) {
      if (values.runs === '1' && run.broke.length === 0) console.log(run.story.join('\n'));
      if (runs % 20 === 0) console.log(`${runs} runs, ${fates.kill} kills`);
    },
  });
  for (const failure of findings.failures) console.log(toldFailure(failure));
  console.log(table(findings));
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  console.log(`${findings.failures.length} of ${findings.runs} runs broke a promise; ${seconds} s`);
  process.exitCode = findings.failures.length === 0 ? 0 : 1;
} finally {
  await platform.stop();
}
