import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import fc from 'fast-check';
import { parseStrictJson } from './strict-json.ts';

const read = (text: string) => parseStrictJson(Buffer.from(text));

describe('S-73 text that two readers could see differently is refused', () => {
  const cases: [what: string, bytes: string | Uint8Array, problem: RegExp][] = [
    ['a key twice', '{"a":1,"a":2}', /twice/],
    ['a key twice, deep down', '{"x":[{"a":1,"b":{},"a":2}]}', /twice/],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}', /twice/],
    ['__proto__', '{"__proto__":{}}', /__proto__/],
    ['__proto__, escaped', '{"\\u005f_proto__":{}}', /__proto__/],
    ['a byte order mark', '\uFEFF{}', /byte order mark/],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /UTF-8/],
    ['overlong UTF-8', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), /UTF-8/],
    ['a raw surrogate', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), /UTF-8/],
    ['half a surrogate pair', '"\\ud800"', /surrogate/],
    ['half a surrogate pair as key', '{"\\udc00":1}', /surrogate/],
    ['NUL', '"a\\u0000b"', /NUL/],
    ['a raw NUL', '"a\0b"', /not JSON/],
    ['two documents', '{} {}', /not JSON/],
    ['a comment', '{} // x', /not JSON/],
    ['NaN', 'NaN', /not JSON/],
    ['a trailing comma', '[1,]', /not JSON/],
    ['cut off', '{"a":', /not JSON/],
    ['nothing', '', /not JSON/],
    ['deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, /deeper/],
    ['deep objects', `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`, /deeper/],
  ];
  for (const [what, bytes, problem] of cases) {
    test(what, () => {
      assert.throws(() => parseStrictJson(typeof bytes === 'string' ? Buffer.from(bytes) : bytes), problem);
    });
  }
});

test('what looks like trouble inside of text is not', () => {
  for (const value of ['{"a":1,"a":2}', '\\', '"', '\\"', '[[[', '}', '😀', 'é']) {
    assert.equal(read(JSON.stringify(value)), value);
    assert.deepEqual(read(JSON.stringify({ [value]: [value], other: { [value]: 1 } })), {
      [value]: [value],
      other: { [value]: 1 },
    });
  }
  assert.deepEqual(read('{"constructor":1,"toString":2}'), { constructor: 1, toString: 2 });
  assert.deepEqual(read('[{"a":1},{"a":1}]'), [{ a: 1 }, { a: 1 }]);
});

test('all other JSON reads as ever', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
      const value: unknown = JSON.parse(text);
      fc.pre(!text.includes('\\u0000') && !text.includes('__proto__'));
      assert.deepEqual(read(text), value);
    }),
    { numRuns: 500 },
  );
});

test('S-07 three megabytes are read within a fraction of a second', () => {
  const services = Array.from({ length: 10_000 }, (_, i) => ({
    devicename: `d${i}`,
    ports: Array.from({ length: 40 }, String),
  }));
  const text = JSON.stringify({ services });
  const used = cpuTimer();
  read(text);
  assert.ok(used() < 2000, `${used()} ms`);
});
