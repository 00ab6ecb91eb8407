import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device, DeviceStatus, Held } from '../../crds/types.gen.ts';
import { judge, type JudgeInput } from './judge.ts';
import { judgedStatus } from './judgement-write.ts';

const claim = {
  ...{ vlan: 10, trunk: false, shutdown: false, stp: 'portfast' as const, description: 'r1' },
  ...{
    namespace: 'tenant-a',
    owner: 'r1',
    uid: 'r1-uid',
    generation: 1,
    timestamp: '2026-01-01T00:00:00.000Z',
  },
};
const { namespace, owner, uid, generation, timestamp, ...settings } = claim;
const entry = { ...settings, annotations: { namespace, owner, uid, generation, timestamp, since: 1 } };
const applied = { uid: 'd', generation: 5, platform: 'p', configHash: 'h', at: '2026-01-01T00:00:00Z' };
const held = (reason: Held['reason'], tries = 1): Held => ({
  ...{ uid: 'r1-uid', generation: 1, reason, message: `% ${reason}`, tries, since: '2026-01-01T00:00:00Z' },
});
const attempted = (outcome: NonNullable<DeviceStatus['attempted']>['outcome'], tries = 1): DeviceStatus => ({
  attempted: { epoch: 1, tries, ...(outcome && { outcome }) },
});

function device(status: DeviceStatus, spec: Device['spec'] = { '1': entry }): Device {
  return { apiVersion: 'v1', kind: 'Device', metadata: { name: 'a', uid: 'd', generation: 5 }, spec, status };
}

const shown: DeviceStatus = { applied, confirmed: { '1': claim } };
const inventory = { ports: 54, mode: 'enforce' as const };

const cases: {
  name: string;
  status?: DeviceStatus;
  spec?: Device['spec'];
  input?: Partial<JudgeInput>;
  programmed: string;
  ready?: string;
  helps?: 'Reconciling' | 'Stalled';
}[] = [
  { name: 'confirmed', status: shown, programmed: 'True Programmed', ready: 'True Ready' },
  { name: 'new', programmed: 'False Pending', helps: 'Reconciling' },
  { name: 'in flight', input: { inFlight: true }, programmed: 'False Pushing', helps: 'Reconciling' },
  { name: 'a port to give back', status: shown, spec: {}, programmed: 'False Pending', helps: 'Reconciling' },
  {
    name: 'templates not pushed yet',
    status: { ...shown, applied: { ...applied, platform: 'old' } },
    programmed: 'False Pending',
    helps: 'Reconciling',
  },
  {
    name: 'of a lost Device',
    status: { ...shown, applied: { ...applied, uid: 'lost' } },
    programmed: 'False Pending',
    helps: 'Reconciling',
  },
  {
    name: 'not in the inventory',
    input: { known: undefined },
    programmed: 'False DeviceRemoved',
    helps: 'Stalled',
  },
  {
    name: 'paused',
    input: { known: { ...inventory, mode: 'pause' } },
    programmed: 'False Paused',
    helps: 'Reconciling',
  },
  {
    name: 'a held request',
    status: { held: [held('Rejected')] },
    programmed: 'False Rejected',
    helps: 'Stalled',
  },
  {
    name: 'a request that does not render',
    status: { held: [held('RenderFailed')] },
    programmed: 'False RenderFailed',
    helps: 'Stalled',
  },
  {
    name: 'a request rolled back',
    status: { held: [held('RolledBack')] },
    programmed: 'False RolledBack',
    helps: 'Reconciling',
  },
  {
    name: 'a request rolled back three times',
    status: { held: [held('RolledBack', 3)] },
    programmed: 'False RolledBack',
    helps: 'Stalled',
  },
  {
    name: 'a hold of a request that is gone',
    status: { ...shown, held: [{ ...held('Rejected'), uid: 'x' }] },
    programmed: 'True Programmed',
    ready: 'True Ready',
  },
  {
    name: 'a rejected platform set',
    status: attempted('platform-rejected'),
    programmed: 'False PlatformRejected',
    helps: 'Stalled',
  },
  {
    name: 'a platform set in disorder',
    status: shown,
    input: { platform: { problem: 'generic.j2:3: no end' } },
    programmed: 'False PlatformRejected',
    helps: 'Stalled',
  },
  {
    name: 'not adopted',
    status: attempted('not-adopted'),
    programmed: 'False NotAdopted',
    helps: 'Reconciling',
  },
  {
    name: 'unreachable',
    status: attempted('unreachable'),
    programmed: 'False DeviceUnreachable',
    helps: 'Reconciling',
  },
  {
    name: 'unreachable and tried again',
    status: attempted('unreachable'),
    input: { inFlight: true },
    programmed: 'False DeviceUnreachable',
    helps: 'Reconciling',
  },
  {
    name: 'refused credentials',
    status: attempted('auth-failed'),
    programmed: 'False DeviceUnreachable',
    helps: 'Stalled',
  },
  {
    name: 'a host key nobody pinned',
    status: attempted('host-key-unknown'),
    programmed: 'False DeviceUnreachable',
    helps: 'Reconciling',
  },
  { name: 'busy', status: attempted('busy'), programmed: 'False DeviceBusy', helps: 'Reconciling' },
  {
    name: 'uncertain',
    status: attempted('uncertain'),
    programmed: 'Unknown Uncertain',
    helps: 'Reconciling',
  },
  {
    name: 'rolled back',
    status: attempted('rolled-back'),
    programmed: 'False RolledBack',
    helps: 'Reconciling',
  },
  {
    name: 'programmed and away since',
    status: {
      ...shown,
      conditions: [
        {
          type: 'Reachable',
          status: 'False',
          reason: 'DeviceUnreachable',
          message: 'no route',
          lastTransitionTime: '',
        },
      ],
    },
    programmed: 'True Programmed',
    ready: 'False DeviceUnreachable',
    helps: 'Reconciling',
  },
];

for (const { name, status = {}, spec, input, programmed, ready, helps } of cases) {
  test(`a device is judged: ${name}`, () => {
    const { conditions } = judge({
      ...{ device: device(status, spec), known: inventory, platform: { digest: 'p' }, inFlight: false },
      ...input,
    });
    const text = (one: keyof typeof conditions): string | undefined =>
      conditions[one] && `${conditions[one].status} ${conditions[one].reason}`;
    assert.equal(text('Programmed'), programmed);
    assert.equal(text('Ready'), ready ?? programmed);
    assert.equal(conditions.Reconciling !== undefined, helps === 'Reconciling');
    assert.equal(conditions.Stalled !== undefined, helps === 'Stalled');
    for (const one of ['Reconciling', 'Stalled'] as const) {
      if (conditions[one] !== undefined) assert.equal(conditions[one].reason, conditions.Ready?.reason);
    }
  });
}

test('a Job that left no result is named', () => {
  const judged = judge({
    ...{
      device: device({}),
      known: inventory,
      platform: { digest: 'p' },
      inFlight: false,
      lostJob: 'enforce-1',
    },
  });
  assert.match(judged.conditions.Ready?.message ?? '', /Job enforce-1 ended without a result/);
});

test('the summary counts held ports and tenants', () => {
  const other = { ...entry, annotations: { ...entry.annotations, namespace: 'tenant-b' } };
  const reserved = { annotations: { namespace: 'tenant-c' }, others: [] };
  const judged = judge({
    ...{ device: device({}, { '1': entry, '2': other, '3': reserved }), known: inventory },
    ...{ platform: { digest: 'p' }, inFlight: false },
  });
  assert.deepEqual(judged.summary, { ports: '2/54', tenants: 2 });
  assert.equal(judged.observedGeneration, 5);
});

test('a judgement leaves everything of the enforcer as it is and removes what no longer holds', () => {
  const condition = (type: string) => ({
    type,
    status: 'True' as const,
    reason: 'X',
    message: '',
    lastTransitionTime: 'then',
  });
  const before: DeviceStatus = {
    ...shown,
    ...attempted('applied'),
    drift: { ports: '1', lines: ['x'], since: '2026-01-01T00:00:00Z' },
    conditions: [condition('Reachable'), condition('Stalled'), condition('InSync'), condition('Ready')],
  };
  const stored = device(before);
  const judgement = judge({ device: stored, known: inventory, platform: { digest: 'p' }, inFlight: false });
  const { conditions = [], observedGeneration, summary, ...rest } = judgedStatus(stored, judgement, 'now');
  const { conditions: _, ...facts } = before;
  assert.deepEqual(rest, facts);
  assert.equal(observedGeneration, 5);
  assert.deepEqual(summary, { ports: '1/54', tenants: 1 });
  assert.deepEqual(conditions.map(({ type }) => type).sort(), ['InSync', 'Programmed', 'Reachable', 'Ready']);
  assert.deepEqual(
    conditions.filter(({ type }) => type === 'Reachable' || type === 'InSync'),
    [condition('Reachable'), condition('InSync')],
  );
  assert.equal(
    conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime,
    'then',
    'same status, same time',
  );
});
