import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { DueRequest } from '../../lib/ledger/due.ts';
import { nextHeld } from './held.ts';

const at = Date.UTC(2026, 0, 1);
const surroundings = { platform: 'P', serial: 'S', version: undefined, now: at };
const request: DueRequest = { uid: 'u1', owner: 'r1', namespace: 'a', generation: 2, ports: ['1', '2', '3'] };

test('a culprit is held with its ports and what the hold rests on', () => {
  const [held] = nextHeld([], [request], [{ request, reason: 'Rejected', message: 'a\nb' }], surroundings);
  assert.deepEqual(held, {
    uid: 'u1',
    generation: 2,
    ports: '1-3',
    reason: 'Rejected',
    message: 'a; b',
    tries: 1,
    platform: 'P',
    serial: 'S',
    since: '2026-01-01T00:00:00.000Z',
    retryAt: '2026-01-01T01:00:00.000Z',
  });
});

test('a commit that was rolled back is tried again sooner: after 30 s, 2 min, then by the hour', () => {
  let held = nextHeld([], [request], [{ request, reason: 'RolledBack', message: 'm' }], surroundings);
  const waits: (number | undefined)[] = [];
  for (let tries = 1; tries <= 3; tries += 1) {
    assert.equal(held[0]?.tries, tries);
    waits.push(Date.parse(held[0]?.retryAt ?? '') - at);
    held = nextHeld(held, [request], [{ request, reason: 'RolledBack', message: 'm' }], surroundings);
  }
  assert.deepEqual(waits, [30_000, 120_000, 3_600_000]);
});

test('a hold stays while its request is due, and goes when it is shown, gone or another generation', () => {
  const before = nextHeld([], [request], [{ request, reason: 'Rejected', message: 'm' }], surroundings);
  assert.equal(nextHeld(before, [request], [], surroundings).length, 1);
  assert.equal(nextHeld(before, [], [], surroundings).length, 0);
  assert.equal(nextHeld(before, [{ ...request, generation: 3 }], [], surroundings).length, 0);
});
