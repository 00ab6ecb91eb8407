import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { edited } from './edited.ts';
import { FAULTS } from './faults.ts';

const SOURCE = 'if (owner !== mine) return;\nif (owner !== mine) throw error;\nstop($1);\n';
const edit = (find: string, replace = '') => ({ file: 'lib/some.ts', find, replace });

test('an edit whose text is gone fails and says which fault and which file', () => {
  assert.throws(
    () => edited('no owner', SOURCE, [edit('if (holder !== mine)')]),
    /fault "no owner": its text is not found in lib\/some\.ts.*\nif \(holder !== mine\)/,
  );
});

test('an edit whose text stands twice fails, for it may hit the wrong place', () => {
  assert.throws(
    () => edited('no owner', SOURCE, [edit('owner !== mine')]),
    /stands 2 times in lib\/some\.ts/,
  );
});

test('an edit is made as it is written', () => {
  assert.equal(
    edited('no stop', SOURCE, [edit('stop($1);', "go('$&');"), edit(' throw error;', ' return error;')]),
    "if (owner !== mine) return;\nif (owner !== mine) return error;\ngo('$&');\n",
  );
});

test('every fault still matches the sources', () => {
  for (const { name, edits } of FAULTS) {
    for (const [file, own] of Map.groupBy(edits, ({ file }) => file)) {
      const path = new URL(`../../../${file}`, import.meta.url);
      assert.notEqual(edited(name, readFileSync(path, 'utf8'), own), readFileSync(path, 'utf8'), name);
    }
  }
});

test('no two faults have the same name or the same edits', () => {
  assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
  assert.equal(new Set(FAULTS.map(({ edits }) => JSON.stringify(edits))).size, FAULTS.length);
});
