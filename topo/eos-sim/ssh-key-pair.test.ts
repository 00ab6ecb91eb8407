import assert from 'node:assert/strict';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { newSshKeyPair } from './ssh-key-pair.ts';

test('every new key pair can be read, and its halves belong together', () => {
  // 2,000 pairs without the check hold a malformed one all but once in 400 times.
  for (let made = 0; made < 2000; made++) {
    const pair = newSshKeyPair();
    const key = ssh2.utils.parseKey(pair.private);
    assert.ok(!(key instanceof Error), `pair ${made}: ${key instanceof Error ? key.message : ''}`);
    assert.equal(`${key.type} ${key.getPublicSSH().toString('base64')}`, pair.public);
  }
});
