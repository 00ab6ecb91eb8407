import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from './store.ts';
import type { KubeObject } from './types.ts';

interface Thing extends KubeObject {
  devices: string[];
}

function thing(name: string, devices: string[], namespace?: string): Thing {
  return { metadata: { name, ...(namespace && { namespace }) }, devices };
}

const byDevice = { byDevice: (object: { devices: readonly string[] }) => [...object.devices] };
const names = (things: readonly { metadata: { name: string } }[]) =>
  things.map(({ metadata }) => metadata.name).sort();

test('an object is found by namespace and name', () => {
  const store = createStore<Thing>();
  store.put(thing('a', [], 'x'));
  store.put(thing('a', [], 'y'));
  store.put(thing('cluster', []));
  assert.equal(store.get('x/a')?.metadata.namespace, 'x');
  assert.equal(store.get('y/a')?.metadata.namespace, 'y');
  assert.equal(store.get('cluster')?.metadata.name, 'cluster');
  assert.equal(store.get('z/a'), undefined);
  assert.equal(store.list().length, 3);
});

test('an index follows changes and removals', () => {
  const store = createStore<Thing>({ indexes: byDevice });
  store.put(thing('a', ['one', 'two']));
  store.put(thing('b', ['two']));
  assert.deepEqual(names(store.byIndex('byDevice', 'two')), ['a', 'b']);
  store.put(thing('a', ['three']));
  assert.deepEqual(names(store.byIndex('byDevice', 'one')), []);
  assert.deepEqual(names(store.byIndex('byDevice', 'two')), ['b']);
  assert.deepEqual(names(store.byIndex('byDevice', 'three')), ['a']);
  store.remove('b');
  assert.deepEqual(names(store.byIndex('byDevice', 'two')), []);
});

test('an index gives the newest object, not the one it first saw', () => {
  const store = createStore<Thing>({ indexes: byDevice });
  store.put(thing('a', ['one']));
  store.put(thing('a', ['one', 'two']));
  assert.deepEqual(store.byIndex('byDevice', 'one')[0]?.devices, ['one', 'two']);
});

test('a question to an index that does not exist names those that do', () => {
  const store = createStore<Thing>({ indexes: byDevice });
  assert.throws(() => store.byIndex('byOwner', 'x'), /No index "byOwner".*byDevice/);
});

test('an index function that throws is reported and does not lose the object', () => {
  const errors: string[] = [];
  const store = createStore<Thing>({
    indexes: {
      broken: () => {
        throw new Error('no such field');
      },
      ...byDevice,
    },
    onIndexError: (index, key) => errors.push(`${index} ${key}`),
  });
  store.put(thing('a', ['one']));
  assert.deepEqual(errors, ['broken a']);
  assert.equal(store.get('a')?.metadata.name, 'a');
  assert.equal(store.byIndex('byDevice', 'one').length, 1);
});

test('a shared object cannot be changed, at any depth', () => {
  const store = createStore<Thing>({ freeze: true });
  store.put(thing('a', ['one']));
  const shared = store.get('a') as Thing;
  assert.throws(() => shared.devices.push('two'), TypeError);
  assert.throws(() => {
    shared.metadata.name = 'b';
  }, TypeError);
});

test('put and remove return what was there before', () => {
  const store = createStore<Thing>();
  assert.equal(store.put(thing('a', ['one'])), undefined);
  assert.deepEqual(store.put(thing('a', ['two']))?.devices, ['one']);
  assert.deepEqual(store.remove('a')?.devices, ['two']);
  assert.equal(store.remove('a'), undefined);
});
