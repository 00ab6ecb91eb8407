import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, virtualClock } from '../../test/kube/virtual-clock.ts';
import { controller } from './controller.ts';
import type { ControllerOptions } from './controller.ts';
import { ContendedError, TerminalError } from './errors.ts';
import { silentLog } from './log.ts';
import { createMetrics } from './metrics.ts';

function setUp(options: Partial<ControllerOptions> & Pick<ControllerOptions, 'reconcile'>) {
  const clock = virtualClock();
  const metrics = createMetrics();
  const subject = controller({ name: 'test', log: silentLog, metrics, clock, random: () => 1, ...options });
  const metric = async (name: string, labels = 'controller="test"') => {
    const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${name}{${labels}}`));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };
  return { clock, metric, subject };
}

test('a key that succeeds is reconciled once', async () => {
  const seen: string[] = [];
  const { clock, metric, subject } = setUp({ reconcile: async (key) => void seen.push(key) });
  await subject.start();
  subject.enqueue('a');
  await clock.advance(3_600_000);
  assert.deepEqual(seen, ['a']);
  assert.equal(await metric('controller_runtime_reconcile_total', 'controller="test",result="success"'), 1);
  await subject.stop();
});

test('a key that fails comes again after its back-off, until it succeeds', async () => {
  const at: number[] = [];
  const { clock, metric, subject } = setUp({
    reconcile: async () => {
      at.push(clock.monotonic());
      if (at.length < 4) throw new Error('not yet');
    },
  });
  await subject.start();
  subject.enqueue('a');
  await clock.advance(60_000);
  assert.deepEqual(
    at.slice(1).map((time, index) => time - (at[index] ?? 0)),
    [500, 1000, 2000],
  );
  assert.equal(await metric('controller_runtime_reconcile_errors_total'), 3);
  assert.equal(await metric('controller_runtime_reconcile_panics_total'), undefined);
  await subject.stop();
});

test('a key that always comes second never waits longer than two seconds for its next chance', async () => {
  const at: number[] = [];
  const { clock, subject } = setUp({
    reconcile: async () => {
      at.push(clock.monotonic());
      if (at.length < 12) throw new ContendedError('changed 8 times');
    },
  });
  await subject.start();
  subject.enqueue('a');
  await clock.advance(60_000);
  const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  assert.deepEqual(waits.slice(0, 4), [500, 1000, 2000, 2000]);
  assert.equal(waits.at(-1), 2000);
  assert.equal(at.length, 12);
  await subject.stop();
});

test('a TerminalError is not tried again before the key is added again', async () => {
  let count = 0;
  const { clock, metric, subject } = setUp({
    reconcile: async () => {
      count += 1;
      throw new TerminalError('bad input');
    },
  });
  await subject.start();
  subject.enqueue('a');
  await clock.advance(3_600_000);
  assert.equal(count, 1);
  subject.enqueue('a');
  await clock.advance(0);
  assert.equal(count, 2);
  assert.equal(await metric('controller_runtime_terminal_reconcile_errors_total'), 2);
  await subject.stop();
});

test('requeueAfter brings the key back at that time', async () => {
  const at: number[] = [];
  const { clock, metric, subject } = setUp({
    reconcile: async () => {
      at.push(clock.monotonic());
      return at.length < 3 ? { requeueAfter: 7000 } : undefined;
    },
  });
  await subject.start();
  subject.enqueue('a');
  await clock.advance(60_000);
  assert.deepEqual(
    at.slice(1).map((time, index) => time - (at[index] ?? 0)),
    [7000, 7000],
  );
  assert.equal(
    await metric('controller_runtime_reconcile_total', 'controller="test",result="requeue_after"'),
    2,
  );
  await subject.stop();
});

test('a key is never reconciled twice at once, while others go on', async () => {
  const running = new Set<string>();
  const most = { same: 0, all: 0 };
  const gates: (() => void)[] = [];
  const { clock, subject } = setUp({
    workers: 3,
    reconcile: async (key) => {
      if (running.has(key)) most.same += 1;
      running.add(key);
      most.all = Math.max(most.all, running.size);
      await new Promise<void>((resolve) => gates.push(resolve));
      running.delete(key);
    },
  });
  await subject.start();
  for (const key of ['a', 'b', 'c', 'd', 'a', 'a']) subject.enqueue(key);
  await settled();
  subject.enqueue('a');
  for (let round = 0; round < 10; round++) {
    for (const open of gates.splice(0)) open();
    await clock.advance(10);
  }
  assert.deepEqual(most, { same: 0, all: 3 });
  assert.equal(running.size, 0);
  await subject.stop();
});

test('a reconcile that takes too long is told by its signal, counted, and tried again', async () => {
  let count = 0;
  const { clock, metric, subject } = setUp({
    timeoutMs: 1000,
    reconcile: (_key, signal) => {
      count += 1;
      if (count > 1) return Promise.resolve();
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('cut off'))),
      );
    },
  });
  await subject.start();
  subject.enqueue('a');
  await clock.advance(999);
  assert.equal(count, 1);
  await clock.advance(1 + 500);
  assert.equal(count, 2);
  assert.equal(await metric('controller_runtime_reconcile_timeouts_total'), 1);
  await subject.stop();
});

test('a programming error is counted as a panic and stops nothing', async () => {
  const seen: string[] = [];
  const { clock, metric, subject } = setUp({
    reconcile: async (key) => {
      seen.push(key);
      if (key === 'bad') throw new TypeError("Cannot read properties of undefined (reading 'spec')");
    },
  });
  await subject.start();
  subject.enqueue('bad');
  subject.enqueue('good');
  await clock.advance(10);
  assert.deepEqual(seen, ['bad', 'good']);
  assert.equal(await metric('controller_runtime_reconcile_panics_total'), 1);
  await subject.stop();
});

test('no worker starts before every source is synced', async () => {
  const seen: string[] = [];
  const sources = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { subject } = setUp({
    reconcile: async (key) => void seen.push(key),
    sources: sources.map(({ promise }) => ({ whenSynced: () => promise })),
  });
  const started = subject.start();
  subject.enqueue('a');
  sources[0]?.resolve();
  await settled();
  assert.deepEqual(seen, []);
  sources[1]?.resolve();
  await started;
  await settled();
  assert.deepEqual(seen, ['a']);
  await subject.stop();
});

test('nothing is kept before the start, which begins with what there is then', async () => {
  const seen: string[] = [];
  const there = new Set<string>();
  const synced = Promise.withResolvers<void>();
  const { metric, subject } = setUp({
    workers: 1,
    begin: () => there,
    reconcile: async (key) => void seen.push(key),
    sources: [{ whenSynced: () => synced.promise }],
  });
  for (let index = 0; index < 100; index++) subject.enqueue(`gone-${index}`, { after: index });
  assert.equal(await metric('workqueue_adds_total', 'name="test",controller="test"'), undefined);
  const started = subject.start();
  there.add('a').add('b');
  synced.resolve();
  await started;
  await settled();
  assert.deepEqual(seen, ['a', 'b']);
  await subject.stop();
});

test('a source that never syncs ends the start with an error after two minutes', async () => {
  const { clock, subject } = setUp({
    reconcile: async () => {},
    sources: [{ whenSynced: () => new Promise(() => {}) }],
  });
  const started = assert.rejects(subject.start(), /caches were not synced within 120000 ms/);
  await clock.advance(120_000);
  await started;
});

test('a stop ends a start that waits', async () => {
  const { subject } = setUp({
    reconcile: async () => {},
    sources: [{ whenSynced: () => new Promise(() => {}) }],
  });
  const started = subject.start();
  await subject.stop();
  await started;
});

test('all keys come again every 10 h ± 10 %, at low priority', async () => {
  const seen: string[] = [];
  const { clock, subject } = setUp({
    random: () => 0,
    workers: 1,
    reconcile: async (key) => void seen.push(key),
    resync: { keys: () => ['a', 'b'] },
  });
  await subject.start();
  await clock.advance(9 * 3_600_000 - 1);
  assert.deepEqual(seen, []);
  await clock.advance(1);
  assert.deepEqual(seen, ['a', 'b']);
  await clock.advance(9 * 3_600_000);
  assert.deepEqual(seen, ['a', 'b', 'a', 'b']);
  await subject.stop();
  assert.equal(clock.pending, 0, 'a stop leaves no timer');
});

test('a stop waits for the reconcile in hand, then cuts it off, and begins nothing more', async () => {
  const seen: string[] = [];
  let cutOff = false;
  const { clock, subject } = setUp({
    workers: 1,
    reconcile: (key, signal) => {
      seen.push(key);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cutOff = true;
          reject(new Error('cut off'));
        });
      });
    },
  });
  await subject.start();
  subject.enqueue('a');
  subject.enqueue('b');
  await settled();
  const stopped = subject.stop(5000);
  await clock.advance(4999);
  assert.equal(cutOff, false);
  await clock.advance(1);
  await stopped;
  assert.equal(cutOff, true);
  assert.deepEqual(seen, ['a']);
  assert.equal(clock.pending, 0);
});
