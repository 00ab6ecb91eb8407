import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../lib/kube/clock.ts';
import { gather } from './gather.ts';
import { wakeUps } from './wake-ups.ts';

/** A clock that the test moves. */
function testClock(): Clock & { advance(ms: number): void } {
  let time = 0;
  let timers: { at: number; fn: () => void }[] = [];
  return {
    now: () => time,
    monotonic: () => time,
    after(ms, fn) {
      const timer = { at: time + ms, fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        time = next.at;
        timers = timers.filter((one) => one !== next);
        next.fn();
      }
      time = end;
    },
  };
}

test('names that come in a burst are handed out together, 20 ms after the last', () => {
  const clock = testClock();
  const flushed: [number, string[]][] = [];
  const gatherer = gather((names) => flushed.push([clock.now(), [...names]]), clock);
  gatherer.add('a');
  clock.advance(15);
  gatherer.add('b');
  gatherer.add('a');
  clock.advance(19);
  assert.deepEqual(flushed, []);
  clock.advance(1);
  assert.deepEqual(flushed, [[35, ['a', 'b']]]);
  clock.advance(1000);
  assert.equal(flushed.length, 1);
});

test('nobody waits longer than 250 ms, however long the burst', () => {
  const clock = testClock();
  const flushed: number[] = [];
  const gatherer = gather(() => flushed.push(clock.now()), clock);
  for (let index = 0; index < 60; index += 1) {
    gatherer.add(`device-${index}`);
    clock.advance(10);
  }
  assert.deepEqual(flushed.slice(0, 2), [250, 500]);
});

test('devices are woken at their time, one timer for all, also when a time is moved', () => {
  const clock = testClock();
  const woken: [number, string][] = [];
  const wake = wakeUps((name) => woken.push([clock.now(), name]), clock);
  wake.set('a', 100);
  wake.set('b', 50);
  wake.set('c', 70);
  wake.set('d', Infinity);
  wake.set('c', 200_000);
  wake.delete('a');
  clock.advance(300_000);
  assert.deepEqual(woken, [
    [50, 'b'],
    [200_000, 'c'],
  ]);
});
