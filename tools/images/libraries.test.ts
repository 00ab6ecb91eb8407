import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { elfNeeds } from './elf.ts';
import type { Entry } from './file-tree.ts';
import { neededLibraries } from './libraries.ts';

const linux = { skip: process.platform !== 'linux' && 'ELF files are on Linux only' };

test('a library that no package has is named', linux, () => {
  const program = readFileSync(process.execPath);
  const { interpreter } = elfNeeds(program);
  const linker: Entry = { type: 'file', content: program };
  assert.throws(() => neededLibraries(program, new Map()), new RegExp(`Node needs /usr${interpreter},`));
  assert.throws(
    () => neededLibraries(program, new Map([[`usr${interpreter}`, linker]])),
    /Node needs lib\S+, which no package in debian-packages\.ts has/,
  );
});
