import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInterfaces, promptLabel } from './interface-name.ts';

test('interface names are read in every form EOS takes', () => {
  const cases: [string, string[]][] = [
    ['Ethernet1', ['Ethernet1']],
    ['ethernet 2-3', ['Ethernet2', 'Ethernet3']],
    ['et1,4-5', ['Ethernet1', 'Ethernet4', 'Ethernet5']],
    ['eth49/1-2', ['Ethernet49/1', 'Ethernet49/2']],
    ['po10', ['Port-Channel10']],
    ['Port-Channel 7', ['Port-Channel7']],
    ['vl10', ['Vlan10']],
    ['ma1', ['Management1']],
    ['lo0', ['Loopback0']],
  ];
  for (const [typed, names] of cases) {
    assert.deepEqual(
      parseInterfaces(typed)?.map(({ name }) => name),
      names,
      typed,
    );
  }
});

test('what names no interface is refused', () => {
  for (const text of [
    '',
    'Ethernet',
    '1',
    'e1',
    'v1',
    'Foo1',
    'Ethernet5-1',
    'Ethernet1-',
    'Ethernet1-9999',
    'Et1/1-2/4',
  ]) {
    assert.equal(parseInterfaces(text), undefined, text);
  }
});

test('prompts show the short name, ranges as typed', () => {
  const label = (typed: string) => promptLabel(parseInterfaces(typed) ?? [], typed);
  assert.equal(label('Ethernet1'), 'Et1');
  assert.equal(label('ethernet 1-5'), 'Et1-5');
  assert.equal(label('Management1'), 'Ma1');
  assert.equal(label('Loopback0'), 'Lo0');
});
