import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addedJitter, ceilingOf, fullJitter } from './backoff.ts';

const backoff = { baseMs: 500, maxMs: 300_000 };

for (const [failures, ceiling] of [
  [1, 500],
  [2, 1000],
  [3, 2000],
  [10, 256_000],
  [11, 300_000],
  [5000, 300_000],
] as const) {
  test(`after ${failures} failures in a row the wait is at most ${ceiling} ms`, () => {
    assert.equal(ceilingOf(backoff, failures), ceiling);
    assert.equal(fullJitter(backoff, failures, 0), 0);
    assert.equal(fullJitter(backoff, failures, 0.5), ceiling / 2);
  });
}

test('added jitter never waits less than the ceiling, so that a loop cannot become hot', () => {
  assert.equal(addedJitter(backoff, 1, 0), 500);
  assert.equal(addedJitter(backoff, 1, 0.999), 749.75);
  assert.equal(addedJitter(backoff, 20, 0.999), 300_000);
});
