import assert from 'node:assert/strict';
import { test } from 'node:test';
import { time } from './origin.ts';

test('the time of making is that of SOURCE_DATE_EPOCH, else 1970', () => {
  assert.equal(time(undefined), '1970-01-01T00:00:00Z');
  assert.equal(time(''), '1970-01-01T00:00:00Z');
  assert.equal(time('1700000000'), '2023-11-14T22:13:20Z');
});

for (const wrong of ['yesterday', '-1', '1.5', '1e300']) {
  test(`SOURCE_DATE_EPOCH is refused when it is no number of seconds: ${wrong}`, () => {
    assert.throws(() => time(wrong), /SOURCE_DATE_EPOCH is ".*", must be seconds since 1970/);
  });
}
