import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAr } from './ar.ts';

function member(name: string, content: string): string {
  const header = name.padEnd(16) + '0'.padEnd(12) + '0'.padEnd(6) + '0'.padEnd(6) + '100644'.padEnd(8);
  return `${header}${String(content.length).padEnd(10)}\`\n${content}${content.length % 2 === 1 ? '\n' : ''}`;
}
const archive = Buffer.from(`!<arch>\n${member('debian-binary', '2.0\n')}${member('data.tar.xz/', 'odd')}`);

test('members are found by name, padded or not', () => {
  const found = [...readAr(archive)].map(([name, content]) => [name, content.toString()]);
  assert.deepEqual(found, [
    ['debian-binary', '2.0\n'],
    ['data.tar.xz', 'odd'],
  ]);
});

test('what is no ar archive, or is cut off, is refused', () => {
  assert.throws(() => readAr(Buffer.from('PK')), /Not an ar archive/);
  assert.throws(() => readAr(archive.subarray(0, 100)), /cut off/);
  assert.throws(() => readAr(archive.subarray(0, 70)), /cut off/);
});
