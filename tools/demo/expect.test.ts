import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, Difference, expectText } from './expect.ts';

const cases = [
  { name: 'equal texts differ in nothing', expected: ['a', 'b'], found: ['a', 'b'], lines: [] },
  { name: 'a missing line is marked -', expected: ['a', 'b', 'c'], found: ['a', 'c'], lines: ['- b'] },
  { name: 'a line too many is marked +', expected: ['a', 'c'], found: ['a', 'b', 'c'], lines: ['+ b'] },
  { name: 'a changed line is both', expected: ['a', 'b'], found: ['a', 'x'], lines: ['- b', '+ x'] },
  { name: 'order counts', expected: ['a', 'b'], found: ['b', 'a'], lines: ['- a', '+ a'] },
  { name: 'nothing against something', expected: [], found: ['a'], lines: ['+ a'] },
];

for (const { name, expected, found, lines } of cases) {
  test(name, () => assert.deepEqual(difference(expected, found), lines));
}

test('a text that is not as expected fails with the difference', () => {
  assert.throws(
    () => expectText('The port', 'up\nvlan 1\n', 'up\nvlan 2'),
    new Difference('The port is not as it should be:\n- vlan 1\n+ vlan 2'),
  );
});
