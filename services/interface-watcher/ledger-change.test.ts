import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Device, Interface, Ledger, OtherClaim } from '../../crds/types.gen.ts';
import { LEAVING_ANNOTATION, REBUILDING_ANNOTATION } from '../../crds/names.ts';
import { report } from '../../lib/ledger/report.ts';
import { resolution } from '../../lib/ledger/resolution.ts';
import { ledgerChange } from './ledger-change.ts';

const at = '2026-01-01T00:00:00Z';

function claim(owner: string, vlan = 10): Ledger[string] {
  return {
    ...{ vlan, trunk: false, shutdown: false, stp: 'portfast', description: owner },
    annotations: {
      ...{ namespace: 'tenant-a', owner, uid: `uid-${owner}`, generation: 1 },
      ...{ timestamp: '2026-01-01T00:00:00.000Z', since: 1 },
    },
  };
}

const before: Device = {
  ...{ apiVersion: 'v1', kind: 'Device' },
  metadata: {
    name: 'a',
    uid: 'd',
    generation: 5,
    resourceVersion: '10',
    annotations: { [LEAVING_ANNOTATION]: '{"uid-x":1}' },
  },
  spec: { '1': claim('one'), '2': claim('two'), '3': claim('two') },
  status: {
    observedGeneration: 4,
    applied: { uid: 'd', generation: 4, platform: 'p', configHash: 'c', at },
    confirmed: {},
    conditions: [
      { type: 'Reachable', status: 'True', reason: 'r', message: '', lastTransitionTime: at },
      { type: 'Ready', status: 'True', reason: 'r', message: '', lastTransitionTime: at },
    ],
  },
};

function concerned(after: Device | undefined): readonly string[] | 'everyone' {
  const found = ledgerChange(before, after).concerned;
  return found === 'everyone' ? found : [...found].map((uid) => uid.replace('uid-', ''));
}

function withStatus(status: Device['status']): Device {
  return { ...before, status: { ...before.status, ...status } };
}

function annotated(annotations: Record<string, string>): Device {
  return { ...before, metadata: { ...before.metadata, annotations } };
}

test('a new version that changes no claim concerns nobody', () => {
  const same = {
    ...before,
    metadata: { ...before.metadata, generation: 6, resourceVersion: '11', managedFields: [] },
  };
  assert.deepEqual(ledgerChange(before, same), { ledger: false, concerned: new Set() });
});

test('a changed port concerns those that have or had a claim on it', () => {
  const after = { ...before, spec: { ...before.spec, '1': claim('three'), '4': claim('four') } };
  assert.deepEqual(concerned(after), ['one', 'three', 'four']);
  assert.equal(ledgerChange(before, after).ledger, true);
  const others = [{ ...claim('two'), owner: 'five', uid: 'uid-five', generation: 1, attempt: 0 }];
  assert.deepEqual(
    concerned({ ...before, spec: { ...before.spec, '3': { ...claim('two'), others } as never } }),
    ['two', 'five'],
  );
});

test('a request that leaves, or has left, is concerned', () => {
  assert.deepEqual(concerned(annotated({ [LEAVING_ANNOTATION]: '{"uid-x":1,"uid-one":5}' })), ['one']);
  assert.equal(ledgerChange(before, annotated({})).ledger, true);
});

test('the judgement of the scheduler concerns nobody', () => {
  const judged = withStatus({
    observedGeneration: 5,
    summary: { ports: '3/54', tenants: 1 },
    conditions: [
      { type: 'Ready', status: 'False', reason: 'Pending', message: 'Waits', lastTransitionTime: at },
      { type: 'Reachable', status: 'True', reason: 'other', message: '', lastTransitionTime: at },
    ],
  });
  assert.deepEqual(ledgerChange(before, judged), { ledger: false, concerned: new Set() });
});

const everyone: Readonly<Record<string, Device | undefined>> = {
  'that it is gone': undefined,
  'another Device of the name': { ...before, metadata: { ...before.metadata, uid: 'e' } },
  'its deletion': { ...before, metadata: { ...before.metadata, deletionTimestamp: at } },
  'a finalizer': { ...before, metadata: { ...before.metadata, finalizers: ['x'] } },
  'that it is rebuilt': annotated({ ...before.metadata.annotations, [REBUILDING_ANNOTATION]: 'true' }),
  'a note of leavings that nobody can read': annotated({ [LEAVING_ANNOTATION]: 'x' }),
  'a confirmed push': withStatus({
    applied: { uid: 'd', generation: 5, platform: 'p', configHash: 'c', at },
  }),
  'what a push showed': withStatus({ confirmed: { '1': { ...claim('one') } as never } }),
  'a try': withStatus({ attempted: { epoch: 1 } }),
  'a hold': withStatus({ held: [] }),
  drift: withStatus({ drift: { ports: '1', lines: [], since: at } }),
  'that the switch does not answer': withStatus({ conditions: [] }),
};

for (const [name, after] of Object.entries(everyone)) {
  test(`${name} concerns everyone`, () => assert.equal(concerned(after), 'everyone'));
}

/** What an accepted request for ports 1 and 2 is told, when its Device is this one. */
function told(device: Device, owner: string): unknown {
  const accepted = { generation: 1, timestamp: '2026-01-01T00:00:00.000Z' };
  const request: Interface = {
    ...{ apiVersion: 'v1', kind: 'Interface' },
    metadata: { name: owner, namespace: 'tenant-a', uid: `uid-${owner}`, generation: 1 },
    spec: { services: [{ devicename: 'a', ports: ['1', '2'], vlan: 10 }] },
    status: { claim: { attempt: 0, accepted, devices: ['a'] } },
  };
  return report({
    ...{ request, claim: request.status?.claim ?? {}, resolved: resolution(request).resolved, refusals: [] },
    ...{ devices: new Map([['a', device]]), inventory: undefined, now: at, hideOwners: false },
  });
}

const shadowed = (owner: string): OtherClaim => {
  const { annotations: _, ...settings } = claim(owner);
  const timestamp = '2025-01-01T00:00:00.000Z';
  return { ...(settings as OtherClaim), owner, uid: `uid-${owner}`, generation: 1, timestamp };
};
const owner = fc.constantFrom('one', 'two', 'three');
const entry = fc
  .record({ top: owner, vlan: fc.constantFrom(10, 20), below: fc.option(owner) })
  .map(({ top, vlan, below }) => ({
    ...claim(top, vlan),
    ...(below === null || below === top ? {} : { others: [shadowed(below)] }),
  }));
const generation = fc.integer({ min: 0, max: 3 });
const device: fc.Arbitrary<Device> = fc
  .record({
    spec: fc.dictionary(fc.constantFrom('1', '2', '3', '49/1'), entry),
    leaving: fc.dictionary(
      owner.map((name) => `uid-${name}`),
      generation,
    ),
    applied: generation,
    shown: fc.dictionary(fc.constantFrom('1', '2'), owner),
    outcome: fc.constantFrom('applied' as const, 'busy' as const),
    reachable: fc.constantFrom('True' as const, 'False' as const),
    ready: fc.constantFrom('True' as const, 'False' as const),
  })
  .map(({ spec, leaving, applied, shown, outcome, reachable, ready }) => ({
    ...before,
    metadata: { ...before.metadata, annotations: { [LEAVING_ANNOTATION]: JSON.stringify(leaving) } },
    spec,
    status: {
      applied: { uid: 'd', generation: applied, platform: 'p', configHash: 'c', at },
      attempted: { epoch: 1, outcome },
      confirmed: Object.fromEntries(
        Object.entries(shown).map(([port, name]) => [port, { ...shadowed(name), namespace: 'tenant-a' }]),
      ),
      conditions: [
        { type: 'Reachable', status: reachable, reason: 'r', message: '', lastTransitionTime: at },
        { type: 'Ready', status: ready, reason: 'r', message: '', lastTransitionTime: at },
      ],
    },
  }));

test('R12 a request that a change does not concern would be told the same as before', () => {
  let unconcerned = 0;
  // Two versions of one Device: each part as before, or another.
  const two = fc.tuple(
    device,
    device,
    fc.record({ spec: fc.boolean(), metadata: fc.boolean(), status: fc.boolean() }),
  );
  fc.assert(
    fc.property(two, owner, fc.boolean(), ([first, other, takes], name, judgedOnly) => {
      const status = judgedOnly
        ? { ...first.status, conditions: other.status?.conditions ?? [] }
        : first.status;
      const second: Device = {
        ...first,
        ...(takes.spec ? { spec: other.spec } : {}),
        ...(takes.metadata ? { metadata: other.metadata } : {}),
        status: takes.status ? (other.status ?? {}) : (status ?? {}),
      };
      const change = ledgerChange(first, second).concerned;
      if (change === 'everyone' || change.has(`uid-${name}`)) return;
      unconcerned += 1;
      assert.deepEqual(told(second, name), told(first, name));
    }),
    { numRuns: 2000 },
  );
  assert.ok(unconcerned > 100, `only ${unconcerned} cases`);
});
