import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NAMED } from './named.ts';
import { play } from './play.ts';
import { openStage, runHistories } from './run.ts';
import { ALL_SCENARIOS, scenarioNamed } from './scenarios.ts';

/** In all; the nightly run is `make histories`. */
const HISTORIES = Number(process.env['NAAS_HISTORIES'] ?? 1200);
const SEED = Number(process.env['NAAS_SEED'] ?? 1);

describe('histories of whole platforms in simulated time', () => {
  for (const { name } of ALL_SCENARIOS) {
    test(`${name}: every property holds at every write, and every goal is reached at rest`, async () => {
      const histories = Math.ceil(HISTORIES / ALL_SCENARIOS.length);
      const failure = await runHistories({ seed: SEED, histories, scenario: name });
      assert.equal(
        failure,
        undefined,
        failure && `seed ${failure.seed}: ${failure.property}\n${failure.story}`,
      );
    });
  }
});

describe('histories that were worth keeping', () => {
  for (const { name, scenario, plan, story } of NAMED) {
    test(name, async () => {
      const stage = await openStage();
      const played = await play(plan, { ...stage, scenario: scenarioNamed(scenario), telling: true });
      assert.equal(played.violation, undefined, played.story);
      // What it is about has really happened.
      assert.match(played.story, story);
    });
  }
});
