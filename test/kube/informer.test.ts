// The informer against a real API server, behind a proxy that does to it what networks and busy servers do.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { Change, Informer, InformerOptions } from '../../lib/kube/informer.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../lib/kube/resources.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { Fault, SeenRequest } from '../support/fault-proxy.ts';
import { hastyClock } from './hasty-clock.ts';
import { recordedLog } from './recorded-log.ts';

/** Back-offs of 0.8 to 30 s become 40 ms to 1.5 s. */
const FASTER = 20;

const controlPlane = await apiServer({ controllerManager: false });
const direct = await connect({ kubeconfig: controlPlane.kubeconfig });
const proxy = await startFaultProxy({ kubeconfig: controlPlane.kubeconfig });
const through = await connect({ kubeconfig: proxy.kubeconfig });
const configMaps = client(direct, CONFIG_MAPS);
const informers: Informer<ConfigMap>[] = [];
let namespaces = 0;

after(async () => {
  await direct.close();
  await through.close();
  await proxy.stop();
});
afterEach(async () => {
  proxy.clearFaults();
  proxy.releaseWatches();
  await Promise.all(informers.splice(0).map((each) => each.stop()));
  await until(() => proxy.openWatches === 0, 'the end of all watches');
});

/** A namespace of its own, an informer of its ConfigMaps, and what it told. */
async function setUp(options: InformerOptions<ConfigMap> = {}) {
  const namespace = `informer-${++namespaces}`;
  await client(direct, NAMESPACES).create({ metadata: { name: namespace } });
  const changes: Change<ConfigMap>[] = [];
  const log = recordedLog();
  const metrics = createMetrics();
  const subject = informer(through, CONFIG_MAPS, {
    namespace,
    clock: hastyClock(FASTER),
    log,
    metrics,
    ...options,
  });
  subject.onChange((change) => changes.push(change));
  informers.push(subject);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const mine = (request: SeenRequest) => request.path === path;
  const since = proxy.requests.length;
  const asked = () => proxy.requests.slice(since).filter(mine);
  return {
    namespace,
    changes,
    log,
    metrics,
    subject,
    mine,
    lists: () => asked().filter(({ watch }) => !watch),
    watches: () => asked().filter(({ watch }) => watch),
  };
}

type World = Awaited<ReturnType<typeof setUp>>;

function put(namespace: string, name: string, text: string): Promise<ConfigMap> {
  const object = { metadata: { namespace, name }, data: { text } };
  return configMaps.patch(object.metadata, object, { type: 'apply', fieldManager: 'test', force: true });
}

/** Creates, changes, deletes and makes anew; the last write's version is where the informer must come to. */
async function edit({ namespace, subject }: World, round: string): Promise<void> {
  await put(namespace, 'kept', `${round}-1`);
  await put(namespace, 'deleted', round);
  await put(namespace, 'made-anew', round);
  await configMaps.delete({ namespace, name: 'deleted' });
  await configMaps.delete({ namespace, name: 'made-anew' });
  await put(namespace, 'made-anew', `${round}-anew`);
  await put(namespace, `only-${round}`, round);
  const last = await put(namespace, 'kept', `${round}-2`);
  await subject.reached(
    `${namespace}/kept`,
    last.metadata.resourceVersion ?? '',
    AbortSignal.timeout(20_000),
  );
}

const stateOf = (objects: readonly { metadata: { name: string; resourceVersion?: string } }[]) =>
  Object.fromEntries(objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion]).sort());

/** The store, and the changes told one by one, both come to what the server has; no change told an older state. */
async function assertTrue({ namespace, subject, changes }: World): Promise<void> {
  const truth = stateOf((await configMaps.list({ namespace })).items);
  assert.deepEqual(stateOf(subject.store.list()), truth);
  const told = new Map<string, NonNullable<Change<ConfigMap>['object']>>();
  const newest = new Map<string, bigint>();
  for (const { key, object } of changes) {
    if (!object) {
      assert.ok(told.delete(key), `${key} went without having been there`);
      continue;
    }
    const version = BigInt(object.metadata.resourceVersion ?? '');
    assert.ok(version > (newest.get(key) ?? 0n), `${key} went back to an older state`);
    newest.set(key, version);
    told.set(key, object);
  }
  assert.deepEqual(stateOf([...told.values()]), truth);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (
    const end = Date.now() + 15_000;
    !condition();
    await new Promise((resolve) => setTimeout(resolve, 10))
  ) {
    assert.ok(Date.now() < end, `never came: ${what}`);
  }
}

test('a quiet kind is listed once and watched once', async () => {
  const world = await setUp();
  world.subject.start();
  await world.subject.whenSynced();
  await edit(world, 'a');
  await assertTrue(world);
  assert.equal(world.lists().length, 1);
  assert.equal(world.watches().length, 1);
  const { query } = world.watches()[0] ?? {};
  assert.equal(query?.get('allowWatchBookmarks'), 'true');
  const seconds = Number(query?.get('timeoutSeconds'));
  assert.ok(seconds >= 300 && seconds <= 600, `${seconds}`);
});

test('the first list is told as initial, what comes later is not, and a late handler gets what is there', async () => {
  const world = await setUp();
  await put(world.namespace, 'before', 'x');
  world.subject.start();
  await world.subject.whenSynced();
  await edit(world, 'a');
  const initialOf = (name: string) => world.changes.find(({ key }) => key.endsWith(`/${name}`))?.initial;
  assert.equal(initialOf('before'), true);
  assert.equal(initialOf('kept'), false);
  const late: string[] = [];
  world.subject.onChange(({ key, initial }) => late.push(`${key} ${initial}`));
  assert.deepEqual(
    late.sort(),
    world.subject.store
      .list()
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name} true`)
      .sort(),
  );
});

interface Case {
  what: string;
  faults: (mine: World['mine']) => Fault[];
  /** Lists beyond the first one that are allowed, at least and at most. */
  relists: [number, number];
}

const watchOf = (mine: World['mine']) => (request: SeenRequest) => mine(request) && request.watch;
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
        line: (line, index) => (index === 1 ? '<html>502</html>' : line),
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
        line: (line, index) => (index === 1 ? line.slice(0, 40) + line.slice(60) : line),
        times: 2,
      },
    ],
    relists: [0, 0],
  },
  {
    what: 'watch sends garbage at the same place again and again',
    faults: (mine) => [{ match: watchOf(mine), line: () => 'garbage', times: 4 }],
    relists: [1, 1],
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
    proxy.clearFaults();
    await edit(world, 'after');
    await assertTrue(world);
    const extra = world.lists().length - 1;
    assert.ok(extra >= relists[0] && extra <= relists[1], `${extra} relists`);
    assert.ok(world.watches().length <= 10, `${world.watches().length} watches`);
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
  const world = await setUp();
  world.subject.start();
  await world.subject.whenSynced();
  proxy.fault({ match: watchOf(world.mine), drop: 'before' });
  proxy.cutWatches();
  await new Promise((resolve) => setTimeout(resolve, 4000)); // 80 s of the informer's time
  const count = world.watches().length;
  assert.ok(count >= 5 && count <= 12, `${count} watches in 80 s`);
  assert.equal(world.lists().length, 1);
});

test('the server says 410 to every watch: no hot loop of lists', async () => {
  const world = await setUp();
  // In turn: as a status and as an event.
  let turn = 0;
  proxy.fault({ match: (request) => watchOf(world.mine)(request) && ++turn % 2 === 0, status: 410 });
  proxy.fault({ match: watchOf(world.mine), lines: [gone] });
  world.subject.start();
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const [lists, watches] = [world.lists().length, world.watches().length];
  assert.ok(lists >= 4 && lists <= 12, `${lists} lists in 80 s`);
  assert.ok(watches <= 12, `${watches} watches in 80 s`);
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

test('start twice gives one list and one watch', async () => {
  const world = await setUp();
  world.subject.start();
  world.subject.start();
  await world.subject.whenSynced();
  world.subject.start();
  await edit(world, 'a');
  assert.equal(world.lists().length, 1);
  assert.equal(world.watches().length, 1);
});

test('a stop in the middle of the list leaks nothing', async () => {
  const world = await setUp();
  proxy.fault({ match: world.mine, delayMs: 200 });
  world.subject.start();
  await until(() => world.lists().length === 1, 'the list');
  await world.subject.stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(world.watches().length, 0);
  assert.equal(proxy.openWatches, 0);
  assert.equal(world.subject.hasSynced(), false);
  assert.deepEqual(
    world.log.lines.filter(({ level }) => level === 'error' || level === 'warn'),
    [],
    'a stop is no error',
  );
});

test('stop and start in any order leave one watch, which resumes without a list', async () => {
  const world = await setUp();
  world.subject.start();
  await world.subject.whenSynced();
  const stops = [1, 2, 3, 4].map(async () => {
    const stopped = world.subject.stop();
    world.subject.start();
    await stopped;
  });
  await Promise.all(stops);
  await edit(world, 'after');
  await assertTrue(world);
  await until(() => proxy.openWatches === 1, 'exactly one watch');
  assert.equal(world.lists().length, 1);
  await world.subject.stop();
  await until(() => proxy.openWatches === 0, 'no watch');
});

test('a handler that throws or rejects is logged and counted and stops nothing', async () => {
  const world = await setUp();
  world.subject.onChange(() => {
    throw new Error('bad handler');
  });
  world.subject.onChange((() => Promise.reject(new Error('bad promise'))) as () => void);
  const seen: string[] = [];
  world.subject.onChange(({ key }) => seen.push(key));
  world.subject.start();
  await world.subject.whenSynced();
  await edit(world, 'a');
  await assertTrue(world);
  assert.equal(seen.length, world.changes.length);
  const failures = world.log.lines.filter(({ message }) => message === 'Change handler failed');
  assert.equal(failures.length, 2 * world.changes.length);
  const text = await world.metrics.text();
  assert.match(
    text,
    new RegExp(`^reflector_handler_errors_total\\{kind="ConfigMap"\\} ${2 * world.changes.length}$`, 'm'),
  );
});

test('read-your-writes: reached waits until the store has the write, and no longer', async () => {
  const world = await setUp();
  world.subject.start();
  await world.subject.whenSynced();
  for (let round = 0; round < 20; round++) {
    const { resourceVersion = '' } = (await put(world.namespace, 'mine', `${round}`)).metadata;
    await world.subject.reached(`${world.namespace}/mine`, resourceVersion);
    assert.equal(world.subject.store.get(`${world.namespace}/mine`)?.data?.['text'], `${round}`);
  }
  proxy.holdWatches();
  const { resourceVersion = '' } = (await put(world.namespace, 'mine', 'held')).metadata;
  await assert.rejects(world.subject.reached('', resourceVersion, AbortSignal.timeout(200)), {
    name: 'TimeoutError',
  });
  proxy.releaseWatches();
  await world.subject.reached('', resourceVersion);
  assert.equal(world.subject.store.get(`${world.namespace}/mine`)?.data?.['text'], 'held');
});

test('objects are smaller and cannot be changed; indexes and selectors work', async () => {
  const world = await setUp({
    labelSelector: 'wanted=yes',
    indexes: { byText: ({ data }) => (data?.['text'] ? [data['text']] : []) },
    transform: (object) => ({ ...object, binaryData: {} }),
  });
  const metadata = { namespace: world.namespace, labels: { wanted: 'yes' } };
  await configMaps.create({ metadata: { ...metadata, name: 'a' }, data: { text: 'x' } });
  await put(world.namespace, 'unwanted', 'x');
  world.subject.start();
  await world.subject.whenSynced();
  const [found] = world.subject.store.byIndex('byText', 'x');
  assert.equal(world.subject.store.list().length, 1);
  assert.equal(found?.metadata.name, 'a');
  assert.equal(found.metadata.managedFields, undefined);
  assert.deepEqual(found.binaryData, {});
  assert.equal(found.kind, 'ConfigMap', 'items of a list say what they are');
  assert.throws(() => {
    (found as ConfigMap).data = {};
  }, TypeError);
});

test('lastContact follows lists and events', async () => {
  const clock = hastyClock(1);
  const world = await setUp({ clock });
  assert.equal(world.subject.lastContact(), Number.NEGATIVE_INFINITY);
  world.subject.start();
  await world.subject.whenSynced();
  const listed = world.subject.lastContact();
  assert.ok(clock.monotonic() - listed < 1000);
  await edit(world, 'a');
  assert.ok(world.subject.lastContact() > listed);
});

test('a list of 1,203 objects comes in pages of 500, and starts anew when its token has expired', async () => {
  const world = await setUp();
  const names = Array.from({ length: 1203 }, (_, index) => `m${index}`);
  const { namespace } = world;
  for (let at = 0; at < names.length; at += 100) {
    const batch = names
      .slice(at, at + 100)
      .map((name) => configMaps.create({ metadata: { namespace, name } }));
    await Promise.all(batch);
  }
  world.subject.start();
  await world.subject.whenSynced();
  assert.deepEqual(
    world.lists().map(({ query }) => [query.get('limit'), query.has('continue')]),
    [
      ['500', false],
      ['500', true],
      ['500', true],
    ],
  );
  await assertTrue(world);

  await world.subject.stop();
  const again = await setUp();
  const pages = (request: SeenRequest) => request.path === `/api/v1/namespaces/${namespace}/configmaps`;
  proxy.fault({ match: (request) => pages(request) && request.query.has('continue'), status: 410, times: 1 });
  const listed = await client(through, CONFIG_MAPS).list({ namespace });
  assert.equal(new Set(listed.items.map(({ metadata }) => metadata.name)).size, 1203);
  await again.subject.stop();
});
