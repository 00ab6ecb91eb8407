import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backOff, LONGEST_BACK_OFF, SHORTEST_BACK_OFF } from './back-off.ts';

test('back-off stays between 5 s and 5 min and is the same for the same try', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: -5, max: 10_000 }), (device, tries) => {
      const wait = backOff(device, tries);
      assert.ok(wait >= SHORTEST_BACK_OFF && wait <= LONGEST_BACK_OFF);
      assert.equal(backOff(device, tries), wait);
    }),
    { numRuns: 500 },
  );
});

test('back-off doubles with each try, within an eighth', () => {
  for (const [tries, seconds] of [1, 2, 3, 4, 5, 6].map((tries) => [tries, 5 * 2 ** (tries - 1)] as const)) {
    const wait = backOff('some-device', tries) / 1000;
    assert.ok(wait >= seconds * 0.875 && wait <= seconds * 1.125, `${tries}: ${wait}`);
  }
});

test('switches that fail together do not come back together', () => {
  const waits = new Set(Array.from({ length: 100 }, (_, index) => backOff(`device-${index}`, 3)));
  assert.ok(waits.size > 90);
});
