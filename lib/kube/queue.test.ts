import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, virtualClock } from '../../test/kube/virtual-clock.ts';
import { createMetrics } from './metrics.ts';
import { PRIORITY_RESYNC, workQueue } from './queue.ts';
import type { WorkQueue } from './queue.ts';

function setUp(random = () => 0.5) {
  const clock = virtualClock();
  const metrics = createMetrics();
  return { clock, metrics, queue: workQueue({ name: 'test', clock, random, metrics }) };
}

/** Takes what is ready now, without unlocking. */
async function takeReady(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.ready > 0) keys.push((await queue.take()) ?? '');
  return keys;
}

test('S-88 a key added many times is handed out once', async () => {
  const { queue } = setUp();
  for (let count = 0; count < 5; count++) queue.add('a');
  queue.add('b');
  assert.deepEqual(await takeReady(queue), ['a', 'b']);
});

test('a key is never handed out while it is being worked on, and comes again afterwards, once', async () => {
  const { queue } = setUp();
  queue.add('a');
  assert.equal(await queue.take(), 'a');
  queue.add('a');
  queue.add('a');
  assert.equal(queue.ready, 0);
  queue.done('a');
  assert.deepEqual(await takeReady(queue), ['a']);
  queue.done('a');
  assert.equal(queue.ready, 0);
});

test('what a user waits for goes before first list and resync, older before younger', async () => {
  const { queue } = setUp();
  queue.add('resync-1', { priority: PRIORITY_RESYNC });
  queue.add('resync-2', { priority: PRIORITY_RESYNC });
  queue.add('change-1');
  queue.add('change-2');
  assert.deepEqual(await takeReady(queue), ['change-1', 'change-2', 'resync-1', 'resync-2']);
});

test('a change lifts a key that waits at low priority, and a resync does not push it down again', async () => {
  const { queue } = setUp();
  queue.add('other', { priority: PRIORITY_RESYNC });
  queue.add('a', { priority: PRIORITY_RESYNC });
  queue.add('a');
  queue.add('a', { priority: PRIORITY_RESYNC });
  assert.deepEqual(await takeReady(queue), ['a', 'other']);
});

test('a change that arrives during the work keeps its priority for the next round', async () => {
  const { queue } = setUp();
  queue.add('a', { priority: PRIORITY_RESYNC });
  await queue.take();
  queue.add('b', { priority: PRIORITY_RESYNC });
  queue.add('a', { priority: PRIORITY_RESYNC });
  queue.add('a');
  queue.done('a');
  assert.deepEqual(await takeReady(queue), ['a', 'b']);
});

test('of several delayed adds the earliest counts', async () => {
  const { clock, queue } = setUp();
  queue.add('a', { after: 5000 });
  queue.add('a', { after: 1000 });
  queue.add('a', { after: 9000 });
  await clock.advance(999);
  assert.equal(queue.ready, 0);
  await clock.advance(1);
  assert.deepEqual(await takeReady(queue), ['a']);
  queue.done('a');
  await clock.advance(20_000);
  assert.equal(queue.ready, 0, 'the later ones are gone');
});

test('an add without delay makes a delayed one needless', async () => {
  const { clock, queue } = setUp();
  queue.add('a', { after: 1000 });
  queue.add('a');
  assert.deepEqual(await takeReady(queue), ['a']);
  queue.done('a');
  await clock.advance(5000);
  assert.equal(queue.ready, 0);
  assert.equal(clock.pending, 0);
});

test('a delayed add of a ready key changes nothing but its priority', async () => {
  const { clock, queue } = setUp();
  queue.add('b', { priority: PRIORITY_RESYNC });
  queue.add('a', { priority: PRIORITY_RESYNC });
  queue.add('a', { after: 1000 });
  assert.deepEqual(await takeReady(queue), ['a', 'b']);
  assert.equal(clock.pending, 0);
});

test('a failing key waits longer each time, up to 5 minutes, and starts anew once it succeeded', async () => {
  const { clock, queue } = setUp(() => 1);
  const waits: number[] = [];
  for (let round = 0; round < 12; round++) {
    const wait = queue.retry('a');
    waits.push(wait);
    await clock.advance(wait);
    assert.equal(await queue.take(), 'a');
    queue.done('a');
  }
  assert.deepEqual(waits.slice(0, 4), [500, 1000, 2000, 4000]);
  assert.deepEqual(waits.slice(-2), [300_000, 300_000]);
  assert.equal(queue.failures('a'), 12);
  queue.forget('a');
  assert.equal(queue.retry('a'), 500);
});

test('a wait can be bounded: who failed often, but for want of luck, comes again soon', () => {
  const { queue } = setUp(() => 1);
  for (let failure = 0; failure < 10; failure++) queue.retry('a');
  assert.equal(queue.retry('a', { maxMs: 2000 }), 2000);
  assert.equal(queue.retry('b', { maxMs: 2000 }), 500);
});

test('one failing key does not hold up another', async () => {
  const { queue } = setUp();
  queue.retry('bad');
  queue.add('good');
  assert.deepEqual(await takeReady(queue), ['good']);
});

test('who waits gets the next key at once, first come first served', async () => {
  const { queue } = setUp();
  const first = queue.take();
  const second = queue.take();
  queue.add('a');
  queue.add('b');
  assert.deepEqual(await Promise.all([first, second]), ['a', 'b']);
});

test('drain waits for the work in hand, hands out nothing more and leaves no timer', async () => {
  const { clock, queue } = setUp();
  queue.add('a');
  queue.add('never');
  queue.add('later', { after: 1000 });
  await queue.take();
  queue.add('a');
  let drained = false;
  const drain = queue.drain().then(() => {
    drained = true;
  });
  const waiting = await queue.take();
  assert.equal(waiting, undefined);
  queue.add('late');
  await settled();
  assert.equal(drained, false, 'a is still in work');
  queue.done('a');
  await drain;
  assert.equal(queue.ready, 0);
  assert.equal(clock.pending, 0);
});

test('drain sends waiting workers home', async () => {
  const { queue } = setUp();
  const waiting = queue.take();
  await queue.drain();
  assert.equal(await waiting, undefined);
});

test('the metrics tell depth, adds, retries and how long things took', async () => {
  const { clock, metrics, queue } = setUp(() => 1);
  queue.add('a');
  queue.add('b', { priority: PRIORITY_RESYNC });
  queue.retry('c');
  const before = await metrics.text();
  assert.match(before, /^workqueue_depth\{name="test",controller="test",priority="0"\} 1$/m);
  assert.match(before, /^workqueue_depth\{name="test",controller="test",priority="-100"\} 1$/m);
  assert.match(before, /^workqueue_adds_total\{name="test",controller="test"\} 3$/m);
  assert.match(before, /^workqueue_retries_total\{name="test",controller="test"\} 1$/m);
  await clock.advance(100);
  await queue.take();
  await clock.advance(250);
  const during = await metrics.text();
  assert.match(during, /^workqueue_queue_duration_seconds_sum\{name="test",controller="test"\} 0.1$/m);
  assert.match(during, /^workqueue_unfinished_work_seconds\{name="test",controller="test"\} 0.25$/m);
  assert.match(
    during,
    /^workqueue_longest_running_processor_seconds\{name="test",controller="test"\} 0.25$/m,
  );
  queue.done('a');
  const after = await metrics.text();
  assert.match(after, /^workqueue_work_duration_seconds_sum\{name="test",controller="test"\} 0.25$/m);
  assert.match(after, /^workqueue_unfinished_work_seconds\{name="test",controller="test"\} 0$/m);
  assert.match(after, /^workqueue_depth\{name="test",controller="test",priority="0"\} 0$/m);
});
