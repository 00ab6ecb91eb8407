import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCondition, removeCondition, setCondition } from './conditions.ts';

const ready = {
  type: 'Ready',
  status: 'False',
  reason: 'Pending',
  message: 'Waits',
  observedGeneration: 1,
} as const;

test('a new condition goes to the end with the time of now', () => {
  const before = setCondition([], ready, 't1');
  const after = setCondition(before, { ...ready, type: 'Accepted' }, 't2');
  assert.deepEqual(
    after.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    [
      ['Ready', 't1'],
      ['Accepted', 't2'],
    ],
  );
});

test('another reason, message or generation alone is no transition', () => {
  const before = setCondition([], ready, 't1');
  const after = setCondition(
    before,
    { ...ready, reason: 'Pushing', message: 'Pushes', observedGeneration: 2 },
    't2',
  );
  assert.deepEqual(after, [
    { ...ready, reason: 'Pushing', message: 'Pushes', observedGeneration: 2, lastTransitionTime: 't1' },
  ]);
});

test('another status is a transition', () => {
  const before = setCondition([], ready, 't1');
  assert.equal(setCondition(before, { ...ready, status: 'True' }, 't2')[0]?.lastTransitionTime, 't2');
});

test('the conditions given are not touched, and the place of each stays', () => {
  const before = Object.freeze(
    setCondition(setCondition([], ready, 't1'), { ...ready, type: 'InSync' }, 't1'),
  );
  const after = setCondition(before, { ...ready, status: 'True' }, 't2');
  assert.deepEqual(
    after.map(({ type }) => type),
    ['Ready', 'InSync'],
  );
  assert.equal(findCondition(before, 'Ready')?.status, 'False');
});

test('a condition that is only there while true can be removed', () => {
  const before = setCondition(setCondition([], ready, 't1'), { ...ready, type: 'Stalled' }, 't1');
  assert.deepEqual(
    removeCondition(before, 'Stalled').map(({ type }) => type),
    ['Ready'],
  );
  assert.equal(findCondition(removeCondition(before, 'Stalled'), 'Stalled'), undefined);
});

test('S-89 a message is cut at the length the API allows', () => {
  assert.equal(setCondition([], { ...ready, message: 'x'.repeat(40_000) }, 't1')[0]?.message.length, 32_768);
});

test('an object without conditions yet gets its first', () => {
  assert.equal(setCondition(undefined, ready, 't1').length, 1);
  assert.equal(findCondition(undefined, 'Ready'), undefined);
});
