import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fingerprint, isPinned, pinnedKeyTypes } from './host-key.ts';
import { algorithms } from './algorithms.ts';
import { nextCredential } from './authentication.ts';

const key = Buffer.from('a host key');
const line = `ssh-ed25519 ${key.toString('base64')} comment`;

const CASES: [string, string[], boolean][] = [
  ['the key', [line], true],
  ['its fingerprint', [fingerprint(key)], true],
  ['one of several', ['ssh-rsa AAAA', line], true],
  ['another key', [`ssh-ed25519 ${Buffer.from('other').toString('base64')}`], false],
  ['a part of it', [`ssh-ed25519 ${key.subarray(0, 5).toString('base64')}`], false],
  ['nothing', [], false],
  ['an empty line', ['', ' '], false],
  ['a type alone', ['ssh-ed25519'], false],
];
for (const [name, pinned, expected] of CASES) {
  test(`S-67 pinned by ${name}: ${expected}`, () => assert.equal(isPinned(key, pinned), expected));
}

test('a server with several keys must show a pinned one', () => {
  assert.deepEqual(pinnedKeyTypes(['ssh-rsa AAAA']), ['ssh-rsa']);
  assert.equal(pinnedKeyTypes(['SHA256:x', line]), undefined);
  assert.deepEqual(algorithms(['ssh-rsa']).serverHostKey, ['rsa-sha2-512', 'rsa-sha2-256']);
});

test('S-67 nothing old is offered', () => {
  const all = JSON.stringify(algorithms(undefined));
  assert.doesNotMatch(all, /sha1|"ssh-rsa"|cbc|group1-|group-exchange|md5|"hmac-sha1/);
});

test('a public key comes before the password, each once; keyboard-interactive only where no password is taken', () => {
  const target = {
    name: 'x',
    hostname: 'h',
    port: 22,
    username: 'u',
    password: 'p',
    privateKey: 'k',
    hostKeys: [line],
  };
  const order = (offered: string[]): string[] => {
    const state = { tried: [] as string[] };
    let answer: string[] | null = null;
    for (;;) {
      const next = nextCredential(target, state, answer);
      if (next === false) return state.tried;
      answer = offered;
    }
  };
  assert.deepEqual(order(['publickey', 'password', 'keyboard-interactive']), ['publickey', 'password']);
  assert.deepEqual(order(['keyboard-interactive']), ['publickey', 'keyboard-interactive']);
  assert.deepEqual(order(['publickey']), ['publickey']);
});
