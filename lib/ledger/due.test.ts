import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopClaim } from './claim.ts';
import { topClaim, sameClaim, toConfirmed, hasActiveClaim } from './claim.ts';
import { dueRequests, hasReleases } from './due.ts';
import { isConfirmed, isLeaving, readLeaving } from './leaving.ts';
import {
  attempted,
  claimed,
  confirmed,
  deleted,
  device,
  edited,
  request,
  reserved,
  settled,
} from './testdata/example.ts';

const LATER = '2026-11-21T13:00:00.000Z';

test('a request is due until its top claims are confirmed, with all its top ports', () => {
  const {
    devices: [ledger = device()],
  } = claimed(request(), [device()]);
  assert.deepEqual(dueRequests(ledger.spec, ledger), [
    {
      uid: 'uid-tenant-a-request-001',
      owner: 'request-001',
      namespace: 'tenant-a',
      generation: 1,
      ports: ['1', '2', '3'],
    },
  ]);
  assert.deepEqual(dueRequests(ledger.spec, confirmed(ledger)), []);
});

test('due requests come oldest timestamp first', () => {
  const first = claimed(request({ name: 'z', services: [{ devicename: 'devicea', ports: [9], vlan: 1 }] }), [
    device(),
  ]);
  const second = claimed(request({ name: 'a' }), first.devices, LATER);
  const [ledger = device()] = second.devices;
  assert.deepEqual(
    dueRequests(ledger.spec, ledger).map(({ owner }) => owner),
    ['z', 'a'],
  );
});

test('a reserved claim is never due', () => {
  const ledger = reserved(device(), request());
  assert.deepEqual(dueRequests(ledger.spec, ledger), []);
  assert.equal(topClaim(ledger.spec['1'] ?? { annotations: { namespace: '' } }), undefined);
  assert.equal(hasActiveClaim(ledger.spec['1'], 'uid-tenant-a-request-001'), false);
});

test('a claim that came back to the top is due again, though the switch once showed it', () => {
  const older = claimed(request(), [device()]);
  const shown = older.devices.map((one) => confirmed(one));
  const newer = claimed(request({ name: 'request-002' }), shown, LATER);
  const [over = device()] = newer.devices;
  const back = settled(over, deleted(newer.request));
  assert.deepEqual(
    dueRequests(back.spec, back).map(({ owner }) => owner),
    ['request-001'],
  );
});

test('a confirmation of a Device of another uid confirms nothing', () => {
  const ledger = confirmed(device('devicea', { generation: 5 }));
  assert.equal(isConfirmed(ledger, 4), true);
  assert.equal(isConfirmed(ledger, 5), false);
  assert.equal(isConfirmed({ ...ledger, metadata: { ...ledger.metadata, uid: 'another' } }, 4), false);
});

test('a removed claim is leaving until a later version is confirmed, and is dropped by the write after', () => {
  const {
    request: holder,
    devices: [ledger = device()],
  } = claimed(request(), [device()]);
  const shown = confirmed(ledger);
  const left = settled(shown, deleted(holder));
  assert.deepEqual(readLeaving(left), { 'uid-tenant-a-request-001': 3 });
  assert.equal(isLeaving(left, 'uid-tenant-a-request-001'), true);
  assert.equal(hasReleases(left), true);
  const gone = confirmed(left);
  assert.equal(isLeaving(gone, 'uid-tenant-a-request-001'), false);
  assert.equal(hasReleases(gone), false);
  assert.deepEqual(readLeaving(reserved(gone, request({ name: 'request-002' }))), {});
});

test('a confirmed port with nothing but a reservation must go from the switch', () => {
  const {
    devices: [ledger = device()],
  } = claimed(request(), [device()]);
  const { spec } = reserved(device(), request({ name: 'request-002' }));
  assert.equal(hasReleases({ ...confirmed(ledger), spec }), true);
});

test('an unreadable leaving annotation confirms nothing', () => {
  for (const text of ['no json', '[]', '{"u": "1"}', 'null']) {
    const ledger = device();
    ledger.metadata.annotations = { 'network.as.a.service/leaving': text };
    assert.throws(() => readLeaving(ledger), /must be a JSON map from uid to generation/, text);
  }
});

test('claims are the same whatever their timestamp and since are, and differ by everything else', () => {
  const {
    devices: [ledger = device()],
  } = claimed(request(), [device()]);
  const top = topClaim(ledger.spec['1'] ?? { annotations: { namespace: '' } });
  assert.ok(top);
  const raised: TopClaim = { ...top, timestamp: LATER, since: 99 };
  assert.ok(sameClaim(top, raised));
  assert.ok(sameClaim(top, toConfirmed(top)));
  const changes = [
    { vlan: 11 },
    { trunk: true },
    { shutdown: false },
    { stp: 'normal' as const },
    { vlans: '7' },
    { nativeVlan: 7 },
    { description: 'x' },
    { namespace: 'x' },
    { owner: 'x' },
    { uid: 'x' },
    { generation: 9 },
  ];
  for (const change of changes)
    assert.equal(sameClaim(top, { ...top, ...change }), false, JSON.stringify(change));
});

test('a push that failed confirms nothing', () => {
  const {
    request: holder,
    devices: [ledger = device()],
  } = claimed(request(), [device()]);
  const shown = confirmed(ledger);
  const next = claimed(
    edited(holder, [{ devicename: 'devicea', ports: ['1-3'], vlan: 20 }]),
    [shown],
    LATER,
  ).devices;
  const [failed = device()] = next.map((one) => attempted(one, 'rolled-back'));
  assert.deepEqual(
    dueRequests(failed.spec, failed).map(({ generation }) => generation),
    [2],
  );
});
