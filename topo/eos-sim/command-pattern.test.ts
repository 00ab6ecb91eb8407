import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import { matchPattern, words } from './command-pattern.ts';

function match(pattern: string, line: string, required?: number): unknown {
  const outcome = matchPattern(pattern, line, words(line), required);
  if (outcome === undefined) return 'no';
  return 'incomplete' in outcome ? 'incomplete' : outcome.match.parts.join(' ');
}

test('patterns match words, beginnings of words and arguments', () => {
  const cases: [string, string, string][] = [
    ['show version', 'show version', 'show version'],
    ['show version', 'sh ver', 'show version'],
    ['show version', 'SHOW Version', 'show version'],
    ['show version', 'show', 'incomplete'],
    ['show version', 'show version detail', 'no'],
    ['show version', 'show clock', 'no'],
    ['mode active|passive', 'mode act', 'mode active'],
    ['mode active|auto', 'mode a', 'no'],
    ['vlan <number:1-4094>', 'vlan 4094', 'vlan 4094'],
    ['vlan <number:1-4094>', 'vlan 4095', 'no'],
    ['description <text>', 'description  two  words', 'description two  words'],
    ['interface <interfaces>', 'interface ethernet 2-3', 'interface ethernet2-3'],
    ['interface <interfaces>', 'interface Ethernet2-3', 'interface Ethernet2-3'],
    ['interface <interfaces>', 'interface Ethernet', 'no'],
    ['ip address <prefix>', 'ip address 10.0.0.1/24', 'ip address 10.0.0.1/24'],
    ['ip address <prefix>', 'ip address ten', 'no'],
  ];
  for (const [pattern, line, expected] of cases) assert.equal(match(pattern, line), expected, line);
});

test('a negated line may leave off what is not its identity', () => {
  assert.equal(
    match('switchport access vlan <number:1-4094>', 'switchport access vlan', 3),
    'switchport access vlan',
  );
  assert.equal(match('switchport access vlan <number:1-4094>', 'switchport access', 3), 'incomplete');
});

test('a huge word is refused in time linear to its length', () => {
  const used = cpuTimer();
  assert.equal(match('interface <interfaces>', `interface ${'x'.repeat(1_000_000)}`), 'no');
  assert.equal(match('interface <interfaces>', `interface ${'x-'.repeat(500_000)}`), 'no');
  assert.ok(used() < 2000);
});
