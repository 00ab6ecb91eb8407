import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device, Ledger } from '../../crds/types.gen.ts';
import { LEAVING_ANNOTATION, REBUILDING_ANNOTATION } from '../../crds/names.ts';
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

function owners(after: Device | undefined): readonly string[] | 'everyone' {
  const { concerned } = ledgerChange(before, after);
  return concerned === 'everyone' ? concerned : [...new Set(concerned.map(({ owner }) => owner))];
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
  assert.deepEqual(ledgerChange(before, same), { ledger: false, concerned: [] });
});

test('a changed port concerns those that have or had a claim on it', () => {
  const after = { ...before, spec: { ...before.spec, '1': claim('three'), '4': claim('four') } };
  assert.deepEqual(owners(after), ['one', 'three', 'four']);
  assert.equal(ledgerChange(before, after).ledger, true);
  const others = [{ ...claim('two'), owner: 'five', uid: 'uid-five', generation: 1, attempt: 0 }];
  assert.deepEqual(
    owners({ ...before, spec: { ...before.spec, '3': { ...claim('two'), others } as never } }),
    ['two', 'five'],
  );
});

test('a request that leaves, or has left, is concerned', () => {
  assert.deepEqual(owners(annotated({ [LEAVING_ANNOTATION]: '{"uid-x":1,"uid-one":5}' })), ['one']);
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
  assert.deepEqual(ledgerChange(before, judged), { ledger: false, concerned: [] });
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
  test(`${name} concerns everyone`, () => assert.equal(owners(after), 'everyone'));
}
