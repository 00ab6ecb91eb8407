import assert from 'node:assert/strict';
import { test } from 'node:test';

import { gathered } from './output.ts';

test('what is said in one turn is written at once, in its order; the next turn writes the next', async () => {
  const written: string[] = [];
  const { say } = gathered((text) => written.push(text));
  say('a\n');
  say('b\n');
  assert.deepEqual(written, []);
  await new Promise((resolve) => setImmediate(resolve));
  say('c\n');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(written, ['a\nb\n', 'c\n']);
});

test('what is left is written when the process ends, and only once', async () => {
  const written: string[] = [];
  const { say, flush } = gathered((text) => written.push(text));
  say('last\n');
  flush();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(written, ['last\n']);
});
