import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Grant } from '../../crds/types.gen.ts';
import { keptBook } from './kept-book.ts';

const DEVICES = new Map([['leaf1', { groups: [] }]]);
const tenant = (
  name: string,
  vlans: (string | number)[],
  change: { maxPorts?: number; deleted?: boolean } = {},
) => {
  const grants: Grant[] = [{ devices: ['leaf1'], ports: [1], vlans }];
  const { deleted, ...spec } = change;
  return {
    metadata: { name, ...(deleted === true && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { grants, ...spec },
  };
};

describe('a book that follows Tenants', () => {
  test('answers with what is granted now', () => {
    const kept = keptBook();
    const vlans = () => kept.book(DEVICES).allowance('a', 'leaf1').port('1')?.access;
    assert.equal(vlans(), undefined);
    kept.put('a', tenant('a', [10]));
    assert.deepEqual(vlans(), [{ from: 10, to: 10 }]);
    kept.put('a', tenant('a', [11]));
    assert.deepEqual(vlans(), [{ from: 11, to: 11 }]);
    kept.put('a', tenant('a', [11], { deleted: true }));
    assert.equal(vlans(), undefined);
    assert.equal(kept.tenant('a'), undefined);
  });
  test('follows the inventory', () => {
    const kept = keptBook();
    kept.put('a', tenant('a', [10]));
    assert.ok(kept.book(DEVICES).allowance('a', 'leaf1').port('1'));
    assert.equal(kept.book(new Map()).allowance('a', 'leaf1').port('1'), undefined);
  });
  test('is the same as long as nothing changes', () => {
    const kept = keptBook();
    kept.put('a', tenant('a', [10]));
    const book = kept.book(DEVICES);
    assert.deepEqual(kept.put('a', tenant('a', [10])), []);
    assert.deepEqual(kept.put('ghost', undefined), []);
    assert.equal(kept.book(DEVICES), book);
  });
  test('knows whether a Tenant is as it was put', () => {
    const kept = keptBook();
    assert.equal(kept.isCurrent('a', undefined), true);
    assert.equal(kept.isCurrent('a', tenant('a', [10])), false);
    kept.put('a', tenant('a', [10]));
    assert.equal(kept.isCurrent('a', tenant('a', [10])), true);
    assert.equal(kept.isCurrent('a', tenant('a', [11])), false);
    assert.equal(kept.isCurrent('a', tenant('a', [10], { deleted: true })), false);
    assert.equal(kept.isCurrent('a', undefined), false);
  });
  test('names the tenants whom a change may concern: with VLANs of what is granted, or was', () => {
    const kept = keptBook();
    assert.deepEqual(kept.put('a', tenant('a', ['10-20'])), ['a']);
    assert.deepEqual(kept.put('b', tenant('b', [30])), ['b']);
    assert.deepEqual(kept.put('b', tenant('b', [15])), ['b', 'a']);
    assert.deepEqual(kept.put('b', tenant('b', [30])), ['b', 'a']);
    assert.deepEqual(kept.put('b', tenant('b', [30], { maxPorts: 1 })), ['b']);
    assert.deepEqual(kept.put('a', undefined), ['a']);
  });
});
