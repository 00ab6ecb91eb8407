import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { commonVlans, parseVlanRanges, printVlanRanges, uniteVlans, withoutVlans } from './vlan-ranges.ts';
import type { VlanRanges } from './vlan-ranges.ts';
import { compressVlans } from './vlan.ts';

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 25 });
const read = (items: readonly (string | number)[]): VlanRanges => {
  const ranges = parseVlanRanges(items);
  if ('message' in ranges) throw new Error(ranges.message);
  return ranges;
};

describe('sets of VLANs as ranges', () => {
  test('are read sorted and joined', () => {
    assert.deepEqual(read([20, '5-9', '8-12', 13, '100']), [
      { from: 5, to: 13 },
      { from: 20, to: 20 },
      { from: 100, to: 100 },
    ]);
    assert.deepEqual(read([]), []);
  });
  test('name the first item that cannot be read', () => {
    assert.deepEqual(parseVlanRanges([10, '20-15']), { message: 'VLAN range "20-15" runs backwards' });
  });
  test('united, common and without are those of sets', () => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const [left, right] = [read(a), read(b)];
        assert.equal(printVlanRanges(uniteVlans(left, right)), compressVlans([...a, ...b]));
        assert.equal(
          printVlanRanges(commonVlans(left, right)),
          compressVlans(a.filter((id) => b.includes(id))),
        );
        assert.equal(
          printVlanRanges(withoutVlans(left, right)),
          compressVlans(a.filter((id) => !b.includes(id))),
        );
      }),
    );
  });
});
