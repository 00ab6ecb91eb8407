import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drift } from './drift.ts';

const portOf = (header: string): string | undefined => /^interface Ethernet(\d+)$/.exec(header)?.[1];
const lines = [
  { text: 'vlan 10', port: '1' },
  { text: 'interface Ethernet1', port: '1' },
  { text: 'interface Ethernet2', port: '2' },
];

test('a changed interface and a VLAN that went concern the ports that need them', () => {
  const changes = [
    { header: 'vlan 10', before: [], after: undefined },
    { header: 'interface Ethernet2', before: ['   shutdown'], after: ['   description x'] },
    { header: 'username eve secret hidden', before: undefined, after: [] },
  ];
  const found = drift(changes, lines, portOf, undefined, 0);
  assert.equal(found?.ports, '1-2');
  assert.deepEqual(found.lines, [
    '-vlan 10',
    ' interface Ethernet2',
    '-   shutdown',
    '+   description x',
    '+username eve secret <redacted>',
  ]);
  assert.equal(found.since, '1970-01-01T00:00:00.000Z');
});

test('no change is no drift; a drift that goes on keeps its beginning; long ones are cut', () => {
  assert.equal(drift([], lines, portOf, undefined, 0), undefined);
  const many = Array.from({ length: 100 }, (_, index) => ({
    header: `line ${index}`,
    before: undefined,
    after: [],
  }));
  const found = drift(many, [], portOf, { ports: '', lines: [], since: 'then' }, 0);
  assert.equal(found?.lines.length, 64);
  assert.equal(found.since, 'then');
});
