import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TopClaim } from '../../lib/ledger/claim.ts';
import { libraryText, portText } from './port-text.ts';

/** Names as they mostly are, words that YAML takes for something else, and anything. */
const text = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,20}$/),
  fc.constantFrom(
    'true',
    'Null',
    'NO',
    'y',
    '~',
    '',
    '011',
    '1e3',
    '0x1f',
    '2026-01-01',
    'a: b',
    'a #b',
    '-',
    '---',
  ),
  fc.constantFrom(
    '6f1f3c0e-0000-4000-8000-000000000001',
    '2026-01-01T00:00:00.000Z',
    '12345678-1234-1234-1234-123456789012',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const claim: fc.Arbitrary<TopClaim> = fc.record(
  {
    vlan: fc.integer({ min: 1, max: 4094 }),
    trunk: fc.boolean(),
    shutdown: fc.boolean(),
    stp: fc.constantFrom('portfast' as const, 'network' as const, 'normal' as const),
    vlans: fc.constantFrom('20-30', '100', '1,2', '1-5,7,100-110', '2026-01-01'),
    nativeVlan: fc.integer({ min: 1, max: 4094 }),
    description: text,
    namespace: text,
    owner: text,
    uid: text,
    generation: fc.integer({ min: 1 }),
    timestamp: text,
    since: fc.nat(),
  },
  {
    requiredKeys: [
      ...(['vlan', 'trunk', 'shutdown', 'stp', 'description', 'namespace', 'owner', 'uid'] as const),
      ...(['generation', 'timestamp', 'since'] as const),
    ],
  },
);

test('a port reads as the YAML library would write it, whatever its claim holds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom('7', '0', '49/1', '1/2/3'), text), claim, (port, top) => {
      assert.equal(portText(port, top), libraryText(port, top));
    }),
    { numRuns: 2000 },
  );
});
