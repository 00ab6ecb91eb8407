import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameJson } from './same-json.ts';

for (const [what, a, b, same] of [
  ['order of fields', { x: 1, y: { a: 1, b: 2 } }, { y: { b: 2, a: 1 }, x: 1 }, true],
  ['a field that is undefined', { x: 1, y: undefined }, { x: 1 }, true],
  ['null is not absent', { x: null }, {}, false],
  ['order of items', [1, 2], [2, 1], false],
  ['a longer list', [1, 2], [1, 2, 3], false],
  ['a list and an object', [], {}, false],
  ['text and number', { x: '1' }, { x: 1 }, false],
  ['another field name', { x: 1 }, { y: 1 }, false],
  ['one field fewer', { x: 1, y: 1 }, { x: 1 }, false],
  ['undefined against an object', undefined, {}, false],
  ['deep difference', { a: [{ b: { c: 1 } }] }, { a: [{ b: { c: 2 } }] }, false],
  ['null and null', null, null, true],
] as const) {
  test(`${what}: ${same ? 'the same' : 'not the same'}`, () => {
    assert.equal(sameJson(a, b), same);
    assert.equal(sameJson(b, a), same);
  });
}
