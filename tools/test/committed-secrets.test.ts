/** Nothing that opens a door is committed: keys, hashes of real passwords, tokens. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const ROOT = new URL('../../', import.meta.url).pathname;

/** Each with enough of a body that texts about secrets, and made-up ones, are not meant. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  'private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+(?:[\w+/=]{30,}\s+)+/,
  'private key in base64': /LS0tLS1CRUdJTi[\w+/=]{40,}/,
  'SSH private key': /b3BlbnNzaC1rZXktdjE[\w+/=]{40,}/,
  'hash of a password':
    /\$(?:1\$[^$\s]{1,16}\$[\w./]{22}|5\$[^$\s]{1,32}\$[\w./]{43}|6\$[^$\s]{1,32}\$[\w./]{86}|2[aby]\$\d\d\$[\w./]{53})/,
  'signed token': /eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{40,}/,
};

const found = (text: string) => Object.keys(SECRETS).filter((kind) => SECRETS[kind]?.test(text) === true);

test('the search finds each kind', () => {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const random = (bytes: number) => randomBytes(bytes).toString('base64url');
  const part = Buffer.from(JSON.stringify({ alg: 'RS256', kid: random(9) })).toString('base64url');
  assert.deepEqual(found(pem), ['private key']);
  assert.deepEqual(found(Buffer.from(pem).toString('base64')), ['private key in base64']);
  assert.deepEqual(found(Buffer.from(`openssh-key-v1\0${random(60)}`).toString('base64')), [
    'SSH private key',
  ]);
  assert.deepEqual(found(`secret sha512 $6$salt$${random(90).replaceAll(/[-_]/g, '.').slice(0, 86)}`), [
    'hash of a password',
  ]);
  assert.deepEqual(found(`${part}.${part}.${random(64)}`), ['signed token']);
});

test('S-68 no committed file holds a secret', async () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);
  assert.ok(files.length > 500);
  for (const file of files) assert.deepEqual(found(await readFile(`${ROOT}${file}`, 'latin1')), [], file);
});
