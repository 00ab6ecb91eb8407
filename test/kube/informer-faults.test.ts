// Whatever a server or a network does to a watch: the store comes to the truth, no change is missed, no loop is hot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../support/fault-proxy.ts';
import { hastyClock } from './hasty-clock.ts';
import { assertTrue, configMaps, edit, FASTER, proxy, put, setUp, until, watchOf } from './informer-world.ts';
import type { World } from './informer-world.ts';

interface Case {
  what: string;
  faults: (mine: World['mine']) => Fault[];
  /** Lists beyond the first one that are allowed, at least and at most. */
  relists: [number, number];
}

/** Of an object that is told once: who skips this line never knows of it. */
const ONCE = '"name":"only-during"';
const gone = JSON.stringify({
  type: 'ERROR',
  object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' },
});

const CASES: Case[] = [
  {
    what: 'watch answered 503',
    faults: (mine) => [{ match: watchOf(mine), status: 503, times: 3 }],
    relists: [0, 0],
  },
  {
    what: 'watch answered 500',
    faults: (mine) => [{ match: watchOf(mine), status: 500, times: 2 }],
    relists: [0, 0],
  },
  {
    what: 'watch answered 403',
    faults: (mine) => [{ match: watchOf(mine), status: 403, times: 2 }],
    relists: [0, 0],
  },
  {
    what: 'watch answered 401',
    faults: (mine) => [{ match: watchOf(mine), status: 401, times: 2 }],
    relists: [0, 0],
  },
  {
    what: 'watch answered 429',
    faults: (mine) => [{ match: watchOf(mine), status: 429, retryAfter: 2, times: 2 }],
    relists: [0, 0],
  },
  {
    what: 'watch answered 410',
    faults: (mine) => [{ match: watchOf(mine), status: 410, times: 1 }],
    relists: [1, 1],
  },
  {
    what: 'watch sends an ERROR event 410',
    faults: (mine) => [{ match: watchOf(mine), line: () => gone, times: 1 }],
    relists: [1, 1],
  },
  {
    what: 'watch answered 410, and so is the first page of the list',
    faults: (mine) => [{ match: mine, status: 410, times: 2 }],
    relists: [2, 2],
  },
  {
    what: 'watch answered 410, and the list after it 500',
    faults: (mine) => [
      { match: watchOf(mine), status: 410, times: 1 },
      { match: mine, status: 500, times: 2 },
    ],
    relists: [3, 3],
  },
  {
    what: 'watch answered 410, and the answer of the list lost',
    faults: (mine) => [
      { match: watchOf(mine), status: 410, times: 1 },
      { match: mine, drop: 'after', times: 3 },
    ],
    relists: [2, 4],
  },
  {
    what: 'watch dropped',
    faults: (mine) => [{ match: watchOf(mine), drop: 'after', times: 2 }],
    relists: [0, 0],
  },
  {
    what: 'connection dropped',
    faults: (mine) => [{ match: watchOf(mine), drop: 'before', times: 3 }],
    relists: [0, 0],
  },
  {
    what: 'watch delayed',
    faults: (mine) => [{ match: watchOf(mine), delayMs: 300, times: 1 }],
    relists: [0, 0],
  },
  {
    what: 'watch cut after each event',
    faults: (mine) => [
      {
        match: watchOf(mine),
        line: (line, index) => (index < 1 ? line : undefined),
        times: 4,
      },
    ],
    relists: [0, 0],
  },
  {
    what: 'watch sends a garbage line',
    faults: (mine) => [
      {
        match: watchOf(mine),
        line: (line) => (line.includes(ONCE) ? '<html>502</html>' : line),
        times: 2,
      },
    ],
    relists: [0, 0],
  },
  {
    what: 'watch loses bytes in the middle of a line',
    faults: (mine) => [
      {
        match: watchOf(mine),
        line: (line) => (line.includes(ONCE) ? line.slice(0, 40) + line.slice(60) : line),
        times: 2,
      },
    ],
    relists: [0, 0],
  },
  {
    what: 'watch sends garbage at the same place again and again',
    faults: (mine) => [{ match: watchOf(mine), line: () => 'garbage' }],
    // One for each write that a new watch was told of.
    relists: [1, 3],
  },
];

for (const { what, faults, relists } of CASES) {
  test(`${what}: the store comes to the truth and no change is missed`, async () => {
    const world = await setUp();
    world.subject.start();
    await world.subject.whenSynced();
    await edit(world, 'before');
    for (const fault of faults(world.mine)) proxy.fault(fault);
    proxy.cutWatches();
    await edit(world, 'during');
    await assertTrue(world);
    proxy.clearFaults();
    await edit(world, 'after');
    await assertTrue(world);
    const extra = world.lists().length - 1;
    assert.ok(extra >= relists[0] && extra <= relists[1], `${extra} relists`);
    assert.ok(world.watches().length <= 12, `${world.watches().length} watches`);
  });
}

test('what vanished while nobody watched is told as a change without object', async () => {
  const world = await setUp();
  world.subject.start();
  await world.subject.whenSynced();
  const made = await put(world.namespace, 'vanishes', 'x');
  await world.subject.reached('', made.metadata.resourceVersion ?? '');
  proxy.fault({ match: watchOf(world.mine), status: 503 });
  proxy.cutWatches();
  await configMaps.delete({ namespace: world.namespace, name: 'vanishes' });
  proxy.clearFaults();
  proxy.fault({ match: watchOf(world.mine), status: 410, times: 1 });
  await edit(world, 'after');
  const change = world.changes.find(({ key, object }) => key.endsWith('/vanishes') && !object);
  assert.equal(change?.previous?.data?.['text'], 'x');
  await assertTrue(world);
});

test('a list that fails keeps the old store, and syncing waits for the first that succeeds', async () => {
  const world = await setUp();
  await put(world.namespace, 'known', 'x');
  proxy.fault({ match: world.mine, status: 403, times: 3 });
  world.subject.start();
  await until(() => world.lists().length === 3, 'three lists');
  assert.equal(world.subject.hasSynced(), false);
  await world.subject.whenSynced();
  assert.equal(world.subject.store.list().length, 1);
  proxy.fault({ match: watchOf(world.mine), status: 410, times: 1 });
  proxy.fault({ match: world.mine, status: 500, times: 3 });
  proxy.cutWatches();
  await until(() => world.lists().length >= 6, 'three more lists');
  assert.ok(world.subject.store.get(`${world.namespace}/known`), 'kept while lists fail');
  await edit(world, 'after');
  await assertTrue(world);
});

test('the server closes every watch at once: no hot loop', async () => {
  const clock = hastyClock(FASTER);
  const world = await setUp({ clock });
  world.subject.start();
  await world.subject.whenSynced();
  proxy.fault({ match: watchOf(world.mine), drop: 'before' });
  proxy.cutWatches();
  const cut = clock.monotonic();
  await until(() => world.watches().length >= 7, 'six more watches');
  // Waits of 0.8 s and twice as long each time; the first may come at once.
  const took = clock.monotonic() - cut;
  assert.ok(took >= 20_000, `six watches in ${took} ms of the informer's time`);
  assert.equal(world.lists().length, 1);
});

test('the server says 410 to every watch: no hot loop of lists', async () => {
  const clock = hastyClock(FASTER);
  const world = await setUp({ clock });
  // In turn: as a status and as an event.
  let turn = 0;
  proxy.fault({ match: (request) => watchOf(world.mine)(request) && ++turn % 2 === 0, status: 410 });
  proxy.fault({ match: watchOf(world.mine), lines: [gone] });
  const begun = clock.monotonic();
  world.subject.start();
  await until(() => world.lists().length >= 6, 'six lists');
  const took = clock.monotonic() - begun;
  assert.ok(took >= 20_000, `six lists in ${took} ms of the informer's time`);
  assert.ok(world.watches().length <= world.lists().length, 'a watch for each list');
});

test('a watch that fell silent is given up and resumed', async () => {
  const world = await setUp({ inactivityMs: 1000 });
  world.subject.start();
  await world.subject.whenSynced();
  await until(() => world.watches().length === 1, 'the first watch');
  proxy.holdWatches();
  await until(() => world.watches().length >= 2, 'another watch');
  proxy.releaseWatches();
  await edit(world, 'after');
  await assertTrue(world);
  assert.equal(world.lists().length, 1);
});
