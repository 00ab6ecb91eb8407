import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectionPath, objectPath } from './paths.ts';
import { CONFIG_MAPS, DEVICES, NODES } from './resources.ts';

test('paths of core and other groups, of one namespace and of all, with a subresource', () => {
  assert.equal(collectionPath(CONFIG_MAPS), '/api/v1/configmaps');
  assert.equal(collectionPath(CONFIG_MAPS, 'x'), '/api/v1/namespaces/x/configmaps');
  assert.equal(objectPath(NODES, { name: 'n' }), '/api/v1/nodes/n');
  assert.equal(
    objectPath(DEVICES, { namespace: 'x', name: 'd' }, 'status'),
    '/apis/network.as.a.service/v1/namespaces/x/devices/d/status',
  );
});

for (const name of ['', '.', '..', '../secrets/s', 'a/b']) {
  test(`a name that would lead to another object is refused: "${name}"`, () => {
    assert.throws(() => objectPath(CONFIG_MAPS, { namespace: 'x', name }), /cannot be part of a path/);
    assert.throws(() => objectPath(CONFIG_MAPS, { namespace: name, name: 'a' }), /cannot be part of a path/);
  });
}

test('a name that would add a query or a fragment is encoded', () => {
  assert.equal(objectPath(NODES, { name: 'a?b#c%d' }), '/api/v1/nodes/a%3Fb%23c%25d');
});

test('a namespaced object without namespace is refused, not looked for elsewhere', () => {
  assert.throws(() => objectPath(CONFIG_MAPS, { name: 'a' }), /namespace is missing/);
  assert.throws(() => collectionPath(NODES, 'x'), /cluster-scoped/);
});
