import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DIRECTORY, fileTree, text } from './file-tree.ts';

test('a tree is sorted and has every parent, whatever the order of its entries', () => {
  const entries = [
    ['b/c/d', text('1')],
    ['a', text('2')],
    ['b', DIRECTORY],
  ] as const;
  assert.deepEqual([...fileTree(entries).keys()], ['a', 'b', 'b/c', 'b/c/d']);
  assert.deepEqual(fileTree(entries), fileTree(entries.toReversed()));
});

for (const path of ['../etc/passwd', '/etc/passwd', 'a//b', './a', 'a/..', '']) {
  test(`a path that leaves the root or has two spellings is refused: "${path}"`, () => {
    assert.throws(() => fileTree([[path, text('')]]), /no path below the root/);
  });
}

test('two entries of one path are refused', () => {
  assert.throws(
    () =>
      fileTree([
        ['a', text('1')],
        ['a', text('1')],
      ]),
    /stands twice/,
  );
});

test('a file below a file is refused', () => {
  assert.throws(
    () =>
      fileTree([
        ['a', text('1')],
        ['a/b', text('2')],
      ]),
    /no directory/,
  );
});
