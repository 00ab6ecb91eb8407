// The informer against a real API server: what it tells, how it starts and stops.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { CONFIG_MAPS } from '../../lib/kube/resources.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import type { SeenRequest } from '../support/fault-proxy.ts';
import { hastyClock } from './hasty-clock.ts';
import { assertTrue, configMaps, edit, proxy, put, setUp, through, until } from './informer-world.ts';

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
  // oxlint-disable-next-line typescript/no-misused-promises -- the mistake this test is about
  world.subject.onChange(() => Promise.reject(new Error('bad promise')));
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

test('a list of 1,203 objects comes in pages of 250, and starts anew when its token has expired', async () => {
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
      ['250', false],
      ['250', true],
      ['250', true],
      ['250', true],
      ['250', true],
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
