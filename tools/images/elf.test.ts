import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { elfNeeds } from './elf.ts';

test(
  'what a program of this machine needs is what its memory map shows',
  { skip: process.platform !== 'linux' && 'ELF files run on Linux only' },
  () => {
    const { interpreter, libraries } = elfNeeds(readFileSync(process.execPath));
    assert.ok(libraries.includes('libc.so.6'), libraries.join());
    const maps = readFileSync('/proc/self/maps', 'utf8');
    const loaded = new Set([...maps.matchAll(/\/([^/\n]+)$/gm)].map(([, name]) => name));
    for (const name of libraries)
      assert.ok(
        [...loaded].some((file) => file?.startsWith(name)),
        `${name} is not loaded`,
      );
    assert.ok(loaded.has(interpreter?.split('/').at(-1)), interpreter);
  },
);

test('what is no ELF file is refused', () => {
  assert.throws(() => elfNeeds(Buffer.from('#!/bin/sh\n')), /Not an ELF file/);
});
