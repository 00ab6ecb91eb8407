import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';

import { readBlockYaml } from './block-yaml.ts';

const MODEL = {
  '1': {
    vlan: 10,
    trunk: false,
    description: 'Rack 7, left (uplink = no)',
    annotations: {
      namespace: 'tenant-a',
      uid: '6f1f3c0e-0000-4000-8000-000000000001',
      timestamp: '2026-01-01T00:00:00.000Z',
      since: 0,
    },
  },
  '49/1': { vlan: 4094, trunk: true, vlans: '1-10,20', stp: 'portfast', annotations: { owner: '7' } },
};

test('a model as the platform writes it is read', () => {
  assert.deepEqual(readBlockYaml(stringify(MODEL, { lineWidth: 0 })), MODEL);
});

const NOT_PLAIN: { name: string; text: string }[] = [
  { name: 'an empty text', text: '' },
  { name: 'an empty mapping', text: '{}\n' },
  { name: 'a key without value', text: 'a:\nb: 1\n' },
  { name: 'a key without value at the end', text: 'a:\n' },
  { name: 'a comment', text: 'a: 1 # one\n' },
  { name: 'a list', text: 'a:\n  - 1\n' },
  { name: 'an alias', text: 'a: &x 1\nb: *x\n' },
  { name: 'a merge', text: '"<<": 1\na:\n  <<: 1\n' },
  { name: 'a key twice', text: 'a: 1\na: 2\n' },
  { name: '__proto__', text: '"__proto__": 1\n' },
  { name: 'a text over two lines', text: 'a: b\n  c: d\n' },
  { name: 'an escape', text: 'a: "\\n"\n' },
  { name: 'two steps deeper', text: 'a:\n    b: 1\n' },
  { name: 'three spaces', text: 'a:\n  b: 1\n   c: 2\n' },
  { name: 'a float', text: 'a: 1.5\n' },
  { name: 'a number with an exponent', text: 'a: 1e3\n' },
  { name: 'an octal number', text: 'a: 0o17\n' },
  { name: 'a number too big', text: 'a: 12345678901234567890\n' },
  { name: 'null', text: 'a: null\n' },
  { name: 'null as key', text: 'null: 1\n' },
  { name: 'two documents', text: 'a: 1\n---\nb: 2\n' },
  { name: 'a tab', text: 'a:\tb\n' },
  { name: 'a carriage return', text: 'a: b\r\n' },
  { name: 'an empty line', text: 'a: 1\n\nb: 2\n' },
  { name: 'a line without key', text: 'abc\n' },
  { name: 'a deeper first line', text: '  a: 1\n' },
];
for (const { name, text } of NOT_PLAIN) {
  test(`left to a parser of all YAML: ${name}`, () => assert.equal(readBlockYaml(text), undefined));
}

test('whatever it reads, a parser of all YAML reads the same', () => {
  // Every text of few pieces, those that mean something in YAML among them.
  const pieces = [
    'a',
    'b:',
    ': ',
    '\n',
    '  ',
    '1',
    '"',
    'true',
    '-',
    '#',
    '.',
    'e',
    '~',
    '0',
    'x',
    '!',
    '&',
    '{',
    ',',
  ];
  const seeds = ['', 'a: ', 'a: 1\nb', 'a:\n  ', 'a:\n  b: 1\n'];
  let read = 0;
  const check = (text: string): void => {
    const mine = readBlockYaml(text);
    if (mine === undefined) return;
    read += 1;
    assert.deepEqual(mine, parse(text, { merge: true }), JSON.stringify(text));
  };
  for (const seed of seeds)
    for (const a of pieces) for (const b of pieces) for (const c of pieces) check(seed + a + b + c);
  assert.ok(read > 100, String(read));
});
