import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { unifiedDiff } from './diff.ts';

test('equal texts have no diff', () => {
  assert.deepEqual(unifiedDiff(['a', 'b'], ['a', 'b']), []);
  assert.deepEqual(unifiedDiff([], []), []);
});

test('a changed line shows with three lines around it', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
  const after = before.map((line) => (line === '5' ? 'five' : line));
  assert.deepEqual(unifiedDiff(before, after), [
    '@@ -2,7 +2,7 @@',
    ' 2',
    ' 3',
    ' 4',
    '-5',
    '+five',
    ' 6',
    ' 7',
    ' 8',
  ]);
});

test('changes far apart are hunks of their own', () => {
  const before = Array.from({ length: 20 }, (_, index) => `${index}`);
  const after = before.filter((line) => line !== '2' && line !== '17');
  const headers = unifiedDiff(before, after).filter((line) => line.startsWith('@@'));
  assert.deepEqual(headers, ['@@ -1,6 +1,5 @@', '@@ -15,6 +14,5 @@']);
});

test('an addition to nothing names line 0', () => {
  assert.deepEqual(unifiedDiff([], ['x']), ['@@ -0,0 +1 @@', '+x']);
});

/** What `patch` does with exact context. */
function apply(before: readonly string[], diff: readonly string[]): string[] {
  const result: string[] = [];
  let next = 0;
  for (const line of diff) {
    const header = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (header !== null) {
      const start = header[2] === '0' ? Number(header[1]) : Number(header[1]) - 1;
      result.push(...before.slice(next, start));
      next = start;
    } else if (line.startsWith('+')) result.push(line.slice(1));
    else {
      assert.equal(before[next], line.slice(1));
      if (line.startsWith(' ')) result.push(line.slice(1));
      next += 1;
    }
  }
  return [...result, ...before.slice(next)];
}

test('a diff applied to the first text gives the second', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', '!', 'd'), { maxLength: 40 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      assert.deepEqual(apply(before, unifiedDiff(before, after)), after);
    }),
    { numRuns: 500 },
  );
});
