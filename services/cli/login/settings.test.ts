import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Failure } from '../failure.ts';
import { printable } from './printable.ts';
import { loginSettings } from './settings.ts';

const good = { issuer: 'https://issuer.example', 'client-id': 'naas' };

describe('options of a login', () => {
  for (const [wrong, words] of [
    [{ 'client-id': 'naas' }, /--issuer is missing/],
    [{ issuer: good.issuer }, /--client-id is missing/],
    [{ ...good, issuer: 'http://issuer.example' }, /--issuer "http:.*no https URL/],
    [{ ...good, issuer: 'https://issuer.example?x=1' }, /--issuer/],
    [{ ...good, issuer: 'https://a:b@issuer.example' }, /--issuer/],
    [{ ...good, 'redirect-port': '70000' }, /--redirect-port "70000" is no number from 0 to 65535/],
    [{ ...good, timeout: '0' }, /--timeout "0"/],
    [{ ...good, timeout: '1e3' }, /--timeout "1e3"/],
  ] as const)
    it(`are refused: ${JSON.stringify(wrong)}`, () =>
      assert.throws(
        () => loginSettings(wrong, 'kubectl naas'),
        (error) =>
          error instanceof Failure &&
          words.test(error.message) &&
          (assert.equal(error.next, 'kubectl naas login --help'), true),
      ));
});

it('S-79 text of others is one line without control characters on the terminal', () => {
  assert.equal(printable('a\u001B[2J\r\nb\u202Ec\u0007'), 'a [2J b c');
  assert.equal(printable('x'.repeat(1000)).length, 301);
});
