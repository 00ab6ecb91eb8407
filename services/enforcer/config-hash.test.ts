import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configHash } from './config-hash.ts';
import { changeLines, changedSections, sections } from './config-sections.ts';

const CONFIG = 'hostname a\n!\ninterface Ethernet1\n   description x\n   !! kept\n!\nend\n';

test('blank lines, separators, comments, the closing end, trailing blanks and line ends do not change the hash', () => {
  const same = [
    '! Command: show running-config\n! device: a (vEOS)\n!\nhostname a\ninterface Ethernet1\n   description x\n   !! kept\n',
    CONFIG.replaceAll('\n', '  \r\n'),
    `\n\n${CONFIG}\n\n`,
    CONFIG.replace('   !! kept', '   !! kept\n   !'),
  ];
  for (const text of same) assert.equal(configHash(text), configHash(CONFIG));
});

test('S-90 the hash is what earlier versions stored: another way to read a configuration needs another prefix', () => {
  assert.equal(configHash(CONFIG), 'h1:924c38656db437b0b1a914cd617721e14bf9f27b178e2cc68b8f7c08664d56f2');
});

test('everything else changes the hash: words, order, indentation, mode comments', () => {
  const others = [
    CONFIG.replace('x', 'y'),
    CONFIG.replace('   !! kept\n', ''),
    CONFIG.replace('   description', 'description'),
    CONFIG.replace('hostname a\n', '').replace('!\nend', 'hostname a\nend'),
    CONFIG.replace('description x', 'description !x'),
  ];
  const hashes = new Set([CONFIG, ...others].map(configHash));
  assert.equal(hashes.size, others.length + 1);
  for (const hash of hashes) assert.match(hash, /^h1:[0-9a-f]{64}$/);
});

test('sections that differ are told by header, with their lines', () => {
  const vlans = (header: string): string[] => (header === 'vlan 1,2' ? ['vlan 1', 'vlan 2'] : [header]);
  const before = sections('vlan 1,2\nhostname a\ninterface Ethernet1\n   shutdown\n   mtu 9000\n', vlans);
  const after = sections(
    'vlan 1\nhostname a\ninterface Ethernet1\n   mtu 9000\n   description x\ninterface Ethernet2\n',
    vlans,
  );
  const changes = changedSections(before, after);
  assert.deepEqual(
    changes.map(({ header }) => header),
    ['vlan 2', 'interface Ethernet1', 'interface Ethernet2'],
  );
  assert.deepEqual(changes.flatMap(changeLines), [
    '-vlan 2',
    ' interface Ethernet1',
    '-   shutdown',
    '+   description x',
    '+interface Ethernet2',
  ]);
});
