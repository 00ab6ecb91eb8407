import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Device, DeviceStatus } from '../../crds/types.gen.ts';
import type { Result } from './outcome.ts';
import { censored, nextStatus } from './status.ts';
import type { Attempt } from './status.ts';

const before: DeviceStatus = {
  summary: { ports: '1/8', tenants: 1 },
  observedGeneration: 3,
  attempted: {
    uid: 'U',
    generation: 3,
    epoch: 4,
    platform: 'P',
    job: 'old',
    outcome: 'unreachable',
    tries: 2,
  },
  applied: {
    uid: 'U',
    generation: 2,
    platform: 'P',
    configHash: 'h1:a',
    serial: 'S',
    at: 'then',
    saved: true,
  },
  drift: { ports: '1', lines: ['+x'], since: 'then' },
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'Pushing',
      message: 'by the scheduler',
      lastTransitionTime: 'then',
    },
    {
      type: 'Reachable',
      status: 'False',
      reason: 'DeviceUnreachable',
      message: 'm',
      lastTransitionTime: 'then',
    },
  ],
};
const device: Device = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Device',
  metadata: { name: 'leaf', uid: 'U', generation: 5 },
  spec: {},
  status: before,
};
const attempt: Attempt = {
  epoch: 5,
  job: 'new',
  platform: 'eos',
  address: 'h:22',
  now: Date.UTC(2026, 0, 1),
  hide: (text) => text,
};
const shown: Result = {
  outcome: 'applied',
  message: 'done',
  tried: { uid: 'U', generation: 5, platform: 'P2' },
  facts: { serial: 'S', version: 'V' },
  shown: { confirmed: {}, configHash: 'h1:b' },
  drift: 'none',
  saved: 'saved',
};

function condition(status: DeviceStatus, type: string): string {
  const found = status.conditions?.find((one) => one.type === type);
  return `${found?.status} ${found?.reason}`;
}

test('what was confirmed is written with everything a later push rests on', () => {
  const status = nextStatus(device, shown, attempt);
  assert.deepEqual(status.applied, {
    uid: 'U',
    generation: 5,
    platform: 'P2',
    configHash: 'h1:b',
    serial: 'S',
    version: 'V',
    at: '2026-01-01T00:00:00.000Z',
    saved: true,
  });
  assert.deepEqual(status.confirmed, {});
  assert.equal(status.attempted?.epoch, 5);
  assert.equal(status.attempted?.job, 'new');
  assert.equal(status.attempted?.tries, 0);
  assert.equal(status.drift, undefined);
  assert.equal(condition(status, 'Reachable'), 'True Reachable');
  assert.equal(condition(status, 'InSync'), 'True InSync');
});

test('S-87 what was put back stays to be read, until the next time', () => {
  const found = { ports: '2', lines: ['+y'], since: 'now' };
  const mended = nextStatus(device, { ...shown, mended: found }, attempt);
  assert.deepEqual(mended.lastDrift, { ...found, mended: '2026-01-01T00:00:00.000Z' });
  assert.equal(mended.drift, undefined);
  const later = nextStatus({ ...device, status: mended }, shown, attempt);
  assert.deepEqual(later.lastDrift, mended.lastDrift);
  assert.deepEqual(censored(later, (text) => text.replace('y', '*')).lastDrift?.lines, ['+*']);
});

test("the scheduler's part is kept", () => {
  const status = nextStatus(device, shown, attempt);
  assert.deepEqual(status.summary, before.summary);
  assert.equal(status.observedGeneration, 3);
  assert.equal(condition(status, 'Ready'), 'False Pushing');
});

test('an end before the Lease leaves epoch, generation, platform and what was applied alone', () => {
  const status = nextStatus(
    device,
    { outcome: 'unreachable', message: 'away' },
    { ...attempt, epoch: undefined },
  );
  const { epoch, generation, platform, tries, outcome } = status.attempted ?? { epoch: -1 };
  assert.deepEqual(
    { epoch, generation, platform, tries, outcome },
    { epoch: 4, generation: 3, platform: 'P', tries: 3, outcome: 'unreachable' },
  );
  assert.deepEqual(status.applied, before.applied);
  assert.deepEqual(status.drift, before.drift);
  assert.equal(condition(status, 'InSync'), 'Unknown DeviceUnreachable');
});

test('a write in the middle of a Job keeps the name of the last finished one', () => {
  assert.equal(nextStatus(device, shown, { ...attempt, job: undefined }).attempted?.job, 'old');
});

for (const [saved, expected, flag] of [
  ['saved', 'True Saved', true],
  ['saving', 'Unknown Pending', false],
  [{ failed: 'no space' }, 'False SaveFailed', false],
] as const) {
  test(`saved: ${JSON.stringify(saved)}`, () => {
    const status = nextStatus(device, { ...shown, saved }, attempt);
    assert.equal(condition(status, 'Saved'), expected);
    assert.equal(status.applied?.saved, flag);
  });
}

test('S-63 credentials are cut out of every message, and out of no claim', () => {
  const claim = {
    vlan: 1,
    trunk: false,
    shutdown: false,
    stp: 'normal',
    description: 'pass',
    namespace: 'a',
    owner: 'r',
    uid: 'u',
    generation: 1,
  } as const;
  const held = [
    { uid: 'u', generation: 1, reason: 'Rejected', message: 'a pass', tries: 1, since: 'then' },
  ] as const;
  const result: Result = {
    ...shown,
    message: 'a pass',
    held,
    shown: { confirmed: { '1': claim }, configHash: 'h1:b' },
    saved: { failed: 'a pass' },
    drift: { ports: '', lines: ['a pass'], since: 'then' },
  };
  const status = censored(nextStatus(device, result, attempt), (text) => text.replaceAll('pass', '***'));
  assert.equal(status.confirmed?.['1']?.description, 'pass');
  assert.doesNotMatch(JSON.stringify({ ...status, confirmed: {} }), /pass/);
});
