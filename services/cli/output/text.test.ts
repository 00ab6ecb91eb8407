import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age } from './age.ts';
import { paintFor } from './colour.ts';
import { plain } from './plain.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

test('columns are as wide as their longest cell, and lines have no spaces at their end', () => {
  assert.equal(
    table(
      ['NAME', 'B', 'C'],
      [
        ['x', '', 'long'],
        ['longer', 'y', ''],
      ],
    ),
    ['NAME     B   C', 'x            long', 'longer   y', ''].join('\n'),
  );
  assert.equal(table([], []), '');
});

test('colour does not change the width of a column', () => {
  const paint = paintFor({ write: () => undefined, isTerminal: true }, {});
  assert.equal(
    table(
      [],
      [
        [{ text: 'a', tone: 'good' }, 'b'],
        ['long', 'c'],
      ],
      paint,
    ),
    '\u001b[32ma\u001b[0m      b\nlong   c\n',
  );
});

for (const [seconds, text] of [
  [0, '0s'],
  [-5, '0s'],
  [119, '119s'],
  [120, '2m'],
  [3 * 3600 - 1, '179m'],
  [3 * 3600, '3h'],
  [2 * 86_400, '2d'],
] as const) {
  test(`${seconds} seconds ago is ${text}`, () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    assert.equal(age(new Date(now - seconds * 1000).toISOString(), now), text);
  });
}

test('no time, or none that can be read, has no age', () => {
  assert.equal(age(undefined, 0), '');
  assert.equal(age('yesterday', 0), '');
});

test('text of others cannot steer the terminal', () => {
  const evil = 'a\u001b[2Jb\t\nc\u009b1m\u202Ed\u0007';
  assert.equal(plain(evil), 'a [2Jb c 1m d ');
  assert.equal(table([], [[evil]]), 'a [2Jb c 1m d\n');
  assert.equal(wrap(evil), 'a [2Jb c 1m d\n');
  assert.equal(plain('└─ größe'), '└─ größe');
});

test('text is wrapped between words', () => {
  assert.equal(wrap('one two\nthree', { width: 9, indent: '  ' }), '  one two\n  three\n');
  assert.equal(wrap('incomprehensible word', { width: 5 }), 'incomprehensible\nword\n');
  assert.equal(wrap(' '), '');
});
