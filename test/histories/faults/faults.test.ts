import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAULTS } from './faults.ts';
import { hunt } from './hunt.ts';

/** Of one scenario. */
const HISTORIES = 300;

describe('histories find', { concurrency: 2 }, () => {
  for (const fault of FAULTS) {
    test(fault.name, async () => {
      const { seed = 1 } = fault;
      const [find] = await hunt({ fault, seeds: [seed], histories: HISTORIES, shrink: false });
      assert.ok(find?.failure, `${HISTORIES} histories did not notice: ${fault.breaks}`);
    });
  }
});
