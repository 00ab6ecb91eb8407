import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compressVlans, expandVlans, isVlan, parseVlanList } from './vlan.ts';

test('VLAN lists expand sorted and without repeats', () => {
  assert.deepEqual(expandVlans([30, '20-22', '21', 10]), [10, 20, 21, 22, 30]);
  assert.deepEqual(parseVlanList('100-102,7'), [7, 100, 101, 102]);
  assert.deepEqual(parseVlanList(''), []);
  assert.equal(compressVlans([3, 1, 2, 7]), '1-3,7');
});

test('expanding and compressing VLANs are inverse', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 4094 })), (ids) => {
      assert.deepEqual(
        parseVlanList(compressVlans(ids)),
        [...ids].sort((a, b) => a - b),
      );
    }),
  );
});

test('S-17 VLAN ids outside 1 to 4094, in any form, are refused', () => {
  for (const item of [
    0,
    4095,
    -1,
    1.5,
    NaN,
    '0',
    '4095',
    '01',
    ' 1',
    '1 ',
    '1-',
    '1-4095',
    '0-5',
    '1-2-3',
    'all',
    '1,2',
    '',
    '１',
  ]) {
    const result = expandVlans([item]);
    assert.ok(!Array.isArray(result), String(item));
    assert.match(result.message, /VLAN/);
  }
  assert.deepEqual(expandVlans(['20-10']), { message: 'VLAN range "20-10" runs backwards' });
  assert.equal(isVlan('10'), false);
  assert.equal(isVlan(4094), true);
});
