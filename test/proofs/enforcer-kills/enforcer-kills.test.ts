import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { experiment } from './experiment.ts';
import { MUTATIONS } from './mutations.ts';
import { startPlatform } from './platform.ts';
import { table, toldFailure } from './report.ts';

const platform = await startPlatform();
after(() => platform.stop());

/** More are killed by `make kills`; both begin with the same seed. */
const KILLS = 100;
/** Enough for each fault to show; a fault is caught in a few. */
const MOST_RUNS = 60;

test('S-28 S-49 enforcers killed at every step: old configuration or new, nothing left, status right', async (context) => {
  const findings = await experiment({ platform, kills: KILLS, firstSeed: 1, lanes: 6, mostFailures: 1 });
  context.diagnostic(table(findings));
  assert.equal(findings.failures.length, 0, findings.failures.map(toldFailure).join('\n'));
  assert.ok(findings.processes.kill > 0 && findings.processes.pause > 0, 'real processes were among them');
});

for (const mutation of MUTATIONS) {
  test(`the experiment notices the fault ${mutation.name}: ${mutation.fault}`, async (context) => {
    const findings = await experiment({
      platform,
      kills: Number.POSITIVE_INFINITY,
      firstSeed: 1,
      mostRuns: MOST_RUNS,
      lanes: 6,
      mostFailures: 1,
      mutation,
    });
    const [failure] = findings.failures;
    assert.ok(
      failure !== undefined,
      `${findings.runs} runs, ${findings.fates.kill} kills, and nothing was found`,
    );
    context.diagnostic(`after ${findings.fates.kill} kills: ${failure.broke[0]}`);
  });
}
