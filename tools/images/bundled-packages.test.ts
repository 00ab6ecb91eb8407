import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundledPackages } from './bundled-packages.ts';
import { parseLockFile } from './lock-file.ts';

const lock = parseLockFile(
  JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
      'node_modules/@s/b': { version: '2.0.0', integrity: 'sha512-b' },
      'node_modules/@s/b/node_modules/a': { version: '3.0.0', integrity: 'sha512-c' },
    },
  }),
);
const output = (inputs: Record<string, number>) => ({
  bytes: 1,
  imports: [],
  exports: [],
  inputs: Object.fromEntries(Object.entries(inputs).map(([path, bytes]) => [path, { bytesInOutput: bytes }])),
});

test('packages are those with code in a bundle, each version for itself', () => {
  const found = bundledPackages(
    {
      'out/one.mjs': output({
        'services/main.ts': 9,
        'node_modules/a/lib/x.js': 5,
        'node_modules/a/y.js': 5,
      }),
      'out/two.mjs': output({ 'node_modules/a/x.js': 0, 'node_modules/@s/b/node_modules/a/x.js': 1 }),
      'out/three.mjs': output({ 'node_modules/@s/b/index.js': 1, 'node_modules/a/x.js': 1 }),
    },
    lock,
  );
  assert.deepEqual(
    found.map(({ name, version, bundles }) => [name, version, bundles]),
    [
      ['@s/b', '2.0.0', ['three.mjs']],
      ['a', '3.0.0', ['two.mjs']],
      ['a', '1.0.0', ['one.mjs', 'three.mjs']],
    ],
  );
});

test('a package whose code was left out of every bundle is not listed', () => {
  assert.deepEqual(bundledPackages({ 'one.mjs': output({ 'node_modules/a/x.js': 0 }) }, lock), []);
});

test('code of a package that is not locked is refused', () => {
  assert.throws(
    () => bundledPackages({ 'one.mjs': output({ 'node_modules/c/x.js': 1 }) }, lock),
    /node_modules\/c is not in package-lock.json/,
  );
});
