import assert from 'node:assert/strict';
import { test } from 'node:test';

import { censor, printable, redactLine } from './redact.ts';

const SECRETS = [
  'username eve privilege 15 role x secret sha512 $6$hidden',
  'username eve secret 5 $1$hidden',
  'username eve secret hidden',
  'enable password sha512 $6$hidden',
  'snmp-server community hidden ro',
  'tacacs-server host 10.0.0.1 key 7 hidden',
  'radius-server key hidden',
  '   neighbor 10.0.0.1 password 7 hidden',
  '   ip ospf message-digest-key 1 md5 7 hidden',
  '   key-string hidden',
  'snmp-server user a b v3 auth sha hidden priv aes hidden',
];

for (const line of SECRETS) {
  test(`S-64 masked: ${line.trim()}`, () => assert.doesNotMatch(redactLine(line), /hidden/));
}

for (const line of ['interface Ethernet1', '   description keyboard room', 'hostname secretary', 'vlan 10']) {
  test(`not masked: ${line.trim()}`, () => assert.equal(redactLine(line), line));
}

test('S-63 known secrets are cut out in plain form, inside JSON, and line by line', () => {
  const key = `-----BEGIN KEY-----\n${'Q'.repeat(64)}\n-----END KEY-----`;
  const hide = censor(['p"ss\nword', key, undefined, 'abc']);
  for (const text of [
    'x p"ss\nword y',
    JSON.stringify({ a: 'p"ss\nword' }),
    JSON.stringify(key),
    `one line ${'Q'.repeat(64)}`,
  ]) {
    assert.doesNotMatch(hide(text), /ss(\\n|\n)word|QQQQ/);
  }
  assert.equal(hide('abc'), 'abc', 'too short to be hidden without hiding every text');
});

test('S-64 words for a status are one line of visible characters, and no longer than allowed', () => {
  assert.equal(printable('a\r\n  b\u001B[31m\u202Ec\u0085', 100), 'a; b?[31m?c?');
  assert.equal(printable('x'.repeat(20), 10).length, 10);
});
