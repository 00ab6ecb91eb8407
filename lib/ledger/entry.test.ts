import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PortEntry } from '../../crds/types.gen.ts';
import type { ActiveClaim, ReservedClaim } from './entry.ts';
import { ownClaims, parseEntry, printEntry, withOwnClaims } from './entry.ts';

const SETTINGS = {
  vlan: 10,
  trunk: true,
  shutdown: true,
  stp: 'portfast',
  description: 'request-001',
} as const;

test('an entry has the shape of the seed system', () => {
  const top: ActiveClaim = {
    ...SETTINGS,
    owner: 'request-001',
    uid: 'u1',
    generation: 1,
    timestamp: '2026-01-01T00:00:00.000Z',
  };
  const waiting: ReservedClaim = { ...SETTINGS, owner: 'request-002', uid: 'u2', generation: 1, attempt: 0 };
  assert.deepEqual(printEntry({ namespace: 'tenant-a', active: [top], reserved: [waiting], since: 4 }), {
    ...SETTINGS,
    annotations: {
      namespace: 'tenant-a',
      owner: 'request-001',
      uid: 'u1',
      generation: 1,
      timestamp: '2026-01-01T00:00:00.000Z',
      since: 4,
    },
    others: [{ ...SETTINGS, owner: 'request-002', uid: 'u2', generation: 1, attempt: 0 }],
  });
});

test('a port that is only reserved carries its namespace and no settings', () => {
  const waiting: ReservedClaim = { ...SETTINGS, owner: 'r', uid: 'u', generation: 1, attempt: 0 };
  const entry = printEntry({ namespace: 'tenant-b', active: [], reserved: [waiting] });
  assert.deepEqual(entry, { annotations: { namespace: 'tenant-b' }, others: [waiting] });
});

test('an entry without claims goes', () => {
  assert.equal(printEntry({ namespace: 'tenant-b', active: [], reserved: [] }), undefined);
});

test('an entry that the CRD would not admit is not taken for a free port', () => {
  const half: PortEntry = { annotations: { namespace: 'tenant-a', owner: 'r', uid: 'u' } };
  assert.throws(() => parseEntry('7', half), /port 7: the top claim is incomplete/);
  const other = { ...SETTINGS, owner: 'r', uid: 'u', generation: 1 };
  assert.throws(
    () => parseEntry('7', { annotations: { namespace: 'a' }, others: [other] }),
    /neither attempt nor timestamp/,
  );
});

const time = fc.integer({ min: 0, max: 5 }).map((ms) => new Date(ms).toISOString());
const identity = fc.record({
  uid: fc.constantFrom('a', 'b', 'c', 'd'),
  generation: fc.integer({ min: 1, max: 3 }),
});
const active = fc
  .tuple(identity, time)
  .map(([id, timestamp]): ActiveClaim => ({ ...SETTINGS, owner: id.uid, ...id, timestamp }));
const reserved = fc
  .tuple(identity, fc.nat({ max: 3 }))
  .map(([id, attempt]): ReservedClaim => ({ ...SETTINGS, owner: id.uid, ...id, attempt }));
const claims = fc.record({
  namespace: fc.constant('tenant-a'),
  active: fc.uniqueArray(active, { selector: ({ uid }) => uid, minLength: 1, maxLength: 4 }),
  reserved: fc.uniqueArray(reserved, { selector: ({ uid }) => uid, maxLength: 4 }),
  since: fc.integer({ min: 0, max: 9 }),
});

test('parsing is the inverse of printing, whatever the order claims come in', () => {
  fc.assert(
    fc.property(claims, (given) => {
      const entry = printEntry(given);
      assert.ok(entry);
      assert.deepEqual(printEntry(parseEntry('1', entry)), entry);
      assert.deepEqual(
        printEntry({ ...given, active: given.active.toReversed(), reserved: given.reserved.toReversed() }),
        entry,
      );
    }),
  );
});

test('the top is the newest timestamp, then the greater uid', () => {
  fc.assert(
    fc.property(claims, (given) => {
      const [top, ...rest] = parseEntry('1', printEntry(given) ?? { annotations: { namespace: '' } }).active;
      assert.ok(top);
      for (const claim of rest) {
        assert.ok(
          top.timestamp > claim.timestamp || (top.timestamp === claim.timestamp && top.uid > claim.uid),
        );
      }
    }),
  );
});

test('changing the claims of one request leaves those of all others as they are (R2)', () => {
  fc.assert(
    fc.property(claims, active, (given, claim) => {
      const next = withOwnClaims(given, claim.uid, { active: [claim], reserved: [] }, 7);
      for (const uid of ['a', 'b', 'c', 'd'].filter((other) => other !== claim.uid)) {
        assert.deepEqual(ownClaims(next, uid), ownClaims(given, uid));
      }
    }),
  );
});

test('since changes exactly when another claim comes to the top', () => {
  fc.assert(
    fc.property(claims, active, (given, claim) => {
      const before = parseEntry('1', printEntry(given) ?? { annotations: { namespace: '' } });
      const after = withOwnClaims(before, claim.uid, { active: [claim], reserved: [] }, 77);
      const [was] = before.active;
      const [is] = after.active;
      const same =
        was?.uid === is?.uid && was?.generation === is?.generation && was?.timestamp === is?.timestamp;
      assert.equal(after.since, same ? before.since : 77);
    }),
  );
});
