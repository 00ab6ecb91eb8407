import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digits, median, quantile, spread } from './statistics.ts';

const HUNDRED = Array.from({ length: 100 }, (_, index) => 100 - index);

test('a quantile is the sample of the nearest rank', () => {
  for (const [q, expected] of [
    [0, 1],
    [0.01, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ] as const) {
    assert.equal(quantile(HUNDRED, q), expected);
  }
  assert.equal(median([7]), 7);
  assert.throws(() => median([]), /needs samples/);
});

test('numbers are shown with about three digits, runs with their spread', () => {
  assert.deepEqual([0.1234, 12.34, 1234.5].map(digits), ['0.12', '12.3', '1235']);
  assert.equal(spread([3, 1, 2]), '2.00 (1.00–3.00)');
  assert.equal(spread([3]), '3.00');
  assert.equal(spread([]), '–');
});
