import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Applied } from '../../crds/types.gen.ts';
import { adoption } from './adoption.ts';

const HASH = 'a'.repeat(64);
const applied: Applied = {
  uid: 'u',
  generation: 1,
  platform: 'p',
  configHash: 'h1:x',
  serial: 'S1',
  at: 'now',
};

const CASES: { name: string; adopt: boolean | string; applied?: Applied; serial?: string; state: string }[] =
  [
    { name: 'ours already', adopt: false, applied, serial: 'S1', state: 'known' },
    { name: 'ours already, serial unknown now', adopt: false, applied, state: 'known' },
    { name: 'first contact, no consent', adopt: false, serial: 'S1', state: 'refused' },
    { name: 'first contact, consent to all', adopt: true, serial: 'S1', state: 'adopted' },
    { name: 'first contact, the reviewed configuration', adopt: `sha256:${HASH}`, state: 'adopted' },
    { name: 'first contact, upper case hash', adopt: `SHA256:${HASH.toUpperCase()}`, state: 'adopted' },
    { name: 'first contact, another configuration', adopt: `sha256:${'b'.repeat(64)}`, state: 'refused' },
    { name: 'exchanged switch, no consent', adopt: false, applied, serial: 'S2', state: 'refused' },
    { name: 'exchanged switch, consent', adopt: true, applied, serial: 'S2', state: 'adopted' },
  ];

for (const { name, adopt, serial, state, ...rest } of CASES) {
  test(`adoption: ${name} is ${state}`, () => {
    const found = adoption({ adopt, applied: rest.applied, serial, configHash: `h1:${HASH}` });
    assert.equal(found.state, state);
    if (found.state === 'refused') assert.ok(found.message.includes(`sha256:${HASH}`), found.message);
  });
}
