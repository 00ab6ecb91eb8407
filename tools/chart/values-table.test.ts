import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valuesTable } from './values-table.ts';

const schema = {
  type: 'object',
  properties: {
    global: { type: 'object' },
    a: { properties: { b: { type: 'string', description: 'x | y' }, c: { description: 'a list' } } },
  },
};

test('each value has a row with its default, in the order of the schema', () => {
  assert.equal(
    valuesTable(schema, { a: { c: [1], b: '' } }),
    '| Value | Default | Meaning |\n|---|---|---|\n| `a.b` |  | x \\| y |\n| `a.c` | `[1]` | a list |\n',
  );
});

test('a value that only one of schema and defaults knows, or that says nothing of itself, is an error', () => {
  assert.throws(() => valuesTable(schema, { a: { b: '' } }), /^Error: a\.c: not in values\.yaml/);
  assert.throws(
    () => valuesTable(schema, { a: { b: '', c: [], d: 1 } }),
    /^Error: a\.d: not in values\.schema\.json/,
  );
  assert.throws(() => valuesTable({ properties: { e: {} } }, { e: 1 }), /^Error: e: has no description/);
});
