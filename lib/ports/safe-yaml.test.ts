import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import { readYaml } from './safe-yaml.ts';

test('S-20 a document of aliases that multiply is refused at once', () => {
  const levels = Array.from(
    { length: 20 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`,
  );
  const bomb = ['a0: &a0 [x]', ...levels].join('\n');
  const used = cpuTimer();
  assert.throws(() => readYaml(bomb, 'model'), /aliases/);
  assert.ok(used() < 2000);
  // Few aliases that multiply are counted by what they expand to.
  const small = ['a0: &a0 [x,x,x,x,x,x,x,x,x]', ...levels.slice(0, 6)].join('\n');
  assert.throws(() => readYaml(small, 'model'), /alias/i);
});

test('S-20 a few aliases and merges are read', () => {
  assert.deepEqual(readYaml('base: &b {x: 1}\nhost: {<<: *b, y: 2}', 't'), {
    base: { x: 1 },
    host: { x: 1, y: 2 },
  });
});

test('S-16 __proto__ is no key, at any depth', () => {
  for (const text of ['__proto__: 1', 'a: {b: [{"__proto__": {x: 1}}]}']) {
    assert.throws(() => readYaml(text, 't'), /"__proto__" is not allowed \(line 1\)/);
  }
  assert.equal(Object.getPrototypeOf(readYaml('constructor: 1', 't')), Object.prototype);
});

test('duplicate keys, tags, several documents, keys that are lists and broken text are refused', () => {
  for (const text of [
    'a: 1\na: 2',
    'a: !!js/function x',
    '!foo x',
    'a: 1\n---\nb: 2',
    '[1]: 2',
    'a: [',
    '{',
    'x'.repeat(3_000_000),
  ]) {
    assert.throws(() => readYaml(text, 'model'), /^YamlError: model/, text.slice(0, 20));
  }
});

test('words that YAML 1.1 reads as booleans or octal numbers must be written clearly', () => {
  for (const text of ['a: yes', 'a: No', 'a: [off]', 'on: 1', 'a: 010']) {
    assert.throws(() => readYaml(text, 't', { unambiguous: true }), /quote .* \(line 1\)/, text);
  }
  assert.deepEqual(readYaml('a: "no"\nb: 10\nc: 0', 't', { unambiguous: true }), { a: 'no', b: 10, c: 0 });
});

test('JSON of the platform and JSON of anybody else say the same', () => {
  const value = { leaf: { port: 22, username: null, 'a "b"': ['x', 1.5, true, {}], '49/1': '010' } };
  const own = `${JSON.stringify(value, null, 2)}\n`;
  assert.deepEqual(readYaml(own, 't', { unambiguous: true }), value);
  assert.deepEqual(readYaml(JSON.stringify(value), 't', { unambiguous: true }), value);
});

test('JSON with a key twice, a forbidden key or a merge is no exception', () => {
  assert.throws(() => readYaml('{\n  "a": 1,\n  "a": 1\n}\n', 't'), /unique/);
  assert.throws(() => readYaml('{\n  "__proto__": 1\n}\n', 't'), /"__proto__" is not allowed/);
});
