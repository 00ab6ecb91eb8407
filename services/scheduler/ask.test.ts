import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAsks, ALL, ASK_LIFETIME, readAsks, withoutAsks } from './ask.ts';

const ask = (id: string, at = 1000) => ({ id, at, step: 'MAX' as const });
const noJob = () => false;

test('asks are stored, found again, and removed once they are served', () => {
  const { data, added, waiting } = addAsks(undefined, ['a', 'b'], ask('one'), noJob);
  assert.deepEqual([added, waiting], [['a', 'b'], []]);
  assert.deepEqual(
    readAsks(data, 1000),
    new Map([
      ['a', ask('one')],
      ['b', ask('one')],
    ]),
  );
  assert.deepEqual(Object.keys(withoutAsks(data, new Map([['a', 'one']]))), ['b']);
});

test('S-47 a repeated ask joins the one that waits', () => {
  const { data } = addAsks(undefined, ['a'], ask('one'), noJob);
  const again = addAsks(data, ['a', 'b'], ask('two', 2000), noJob);
  assert.deepEqual([again.added, again.waiting], [['b'], ['a']]);
  assert.equal(readAsks(again.data, 2000).get('a')?.id, 'one');
});

test('an ask for what a Job works on already is another one', () => {
  const { data } = addAsks(undefined, ['a', 'b'], ask('one'), noJob);
  const hasJob = (name: string, id: string) => name === 'a' && id === 'one';
  const again = addAsks(data, ['a', 'b'], ask('two', 2000), hasJob);
  assert.deepEqual([again.added, again.waiting], [['a'], ['b']]);
  assert.equal(readAsks(again.data, 2000).get('a')?.id, 'two');
});

test('an ask that came after the served one stays', () => {
  const { data } = addAsks(undefined, ['a'], ask('two'), noJob);
  assert.deepEqual(withoutAsks(data, new Map([['a', 'one']])), data);
});

test('the newest ask for all counts', () => {
  const { data } = addAsks(undefined, [ALL], ask('one'), noJob);
  const again = addAsks(data, [ALL], ask('two', 2000), noJob);
  assert.deepEqual(again.added, [ALL]);
  assert.equal(readAsks(again.data, 2000).get(ALL)?.id, 'two');
});

test('asks that are too old, or that somebody broke, are dropped', () => {
  const { data } = addAsks(undefined, ['a'], ask('one', 0), noJob);
  assert.equal(readAsks(data, ASK_LIFETIME).size, 0);
  assert.equal(readAsks({ a: '{', b: '[]', c: '{"id":1,"at":1,"step":1}', d: 'null' }, 1).size, 0);
});
