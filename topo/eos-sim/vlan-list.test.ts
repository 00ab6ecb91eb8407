import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatVlanList, parseVlanList } from './vlan-list.ts';

test('VLAN lists are read, sorted and printed as runs', () => {
  const cases: [string, string][] = [
    ['10', '10'],
    ['20-22,10', '10,20-22'],
    ['1,2,3,5', '1-3,5'],
    ['5,5,5-6', '5-6'],
    ['4094', '4094'],
  ];
  for (const [typed, printed] of cases)
    assert.equal(formatVlanList(parseVlanList(typed) ?? []), printed, typed);
});

test('what is no VLAN list is refused', () => {
  for (const text of ['', '0', '4095', '5-1', '1-', '-1', '1,,2', '1,', 'a', '1-2-3', '12345', ' 1']) {
    assert.equal(parseVlanList(text), undefined, JSON.stringify(text));
  }
});
