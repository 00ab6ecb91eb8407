import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lostAccess } from './access.ts';

const CONFIG = [
  'username naas privilege 15 secret x',
  'username bob secret y',
  'interface Management1',
  '   ip address 10.0.0.2/24',
  'management ssh',
  '   idle-timeout 60',
  'ip route vrf MGMT 0.0.0.0/0 10.0.0.1',
  'ip route 10.9.0.0/16 10.0.0.1',
].join('\n');

const CASES: { name: string; after: string; lost: RegExp | undefined }[] = [
  { name: 'the same', after: CONFIG, lost: undefined },
  { name: 'another user goes', after: CONFIG.replace('username bob secret y\n', ''), lost: undefined },
  { name: 'our password is hashed anew', after: CONFIG.replace('secret x', 'secret z'), lost: undefined },
  { name: 'our user goes', after: CONFIG.replace(/username naas.*\n/, ''), lost: /user naas/ },
  {
    name: 'the address goes',
    after: CONFIG.replace('   ip address 10.0.0.2/24\n', ''),
    lost: /Management1 would lose/,
  },
  {
    name: 'the interface is shut',
    after: CONFIG.replace('/24\n', '/24\n   shutdown\n'),
    lost: /would be shut down/,
  },
  { name: 'SSH is shut', after: CONFIG.replace('60\n', '60\n   shutdown\n'), lost: /management ssh/ },
  { name: 'the default route goes', after: CONFIG.replace(/ip route vrf.*\n/, ''), lost: /default route/ },
  { name: 'the default route moves', after: CONFIG.replace('10.0.0.1\nip', '10.0.0.9\nip'), lost: undefined },
  { name: 'another route goes', after: CONFIG.replace(/\nip route 10.9.*/, ''), lost: undefined },
];
for (const { name, after, lost } of CASES) {
  test(`access: ${name}`, () => {
    const found = lostAccess(CONFIG, after, 'naas');
    if (lost === undefined) assert.deepEqual(found, []);
    else assert.match(found.join(), lost);
  });
}
