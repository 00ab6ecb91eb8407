import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, test } from 'node:test';
import { FAULTS } from './faults.ts';
import { hunt } from './hunt.ts';

/** As many histories as `make test` plays of the product as it is. */
const HISTORIES = 400;

describe('the histories find', { concurrency: Math.min(2, availableParallelism()) }, () => {
  for (const fault of FAULTS) {
    test(fault.name, async () => {
      const [find] = await hunt({ fault, seeds: [1], histories: HISTORIES, shrink: false });
      assert.ok(find?.failure, `${HISTORIES} histories did not notice: ${fault.breaks}`);
    });
  }
});
