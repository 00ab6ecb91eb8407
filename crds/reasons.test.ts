import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { EXPLAINED } from './reasons.ts';

test('docs/errors.md explains every reason and condition and no other', async () => {
  const page = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const explained = new Set([...page.matchAll(/^### (\w+)/gm)].map(([, id]) => id));
  const given = new Set<string | undefined>(EXPLAINED);
  assert.deepEqual([...given.difference(explained)], [], 'given but not explained');
  assert.deepEqual([...explained.difference(given)], [], 'explained but never given');
});
