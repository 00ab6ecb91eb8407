import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REBUILDING_ANNOTATION } from '../../crds/names.ts';
import type { Device, Interface, Service } from '../../crds/types.gen.ts';
import { acceptance } from './accept.ts';
import { toConfirmed, topClaim } from './claim.ts';
import { editClaims } from './edit.ts';
import type { ActiveClaim, ReservedClaim } from './entry.ts';
import { ownClaims, parseEntry } from './entry.ts';
import { isLeaving, readLeaving } from './leaving.ts';
import { forbidden } from './permit.ts';
import { isPendingOn, newDevice, rebuildPlan, restore, withNextAttempt, withoutMark } from './rebuild.ts';
import { refusalMessage } from './refusal.ts';
import {
  awaitedDevices,
  guard,
  isDisposable,
  isKept,
  isRebuilding,
  isReleased,
  remainingDevices,
  unguard,
} from './release.ts';
import { isUnchanged, requestFacts } from './request.ts';
import { conflicts, hasReservation, isHeld, reserve } from './reserve.ts';
import { resolution } from './resolution.ts';
import { claimants, hasUnsettled, settle, verdict } from './settle.ts';
import {
  INVENTORY,
  NOW,
  accepted,
  byName,
  claimed,
  confirmed,
  deleted,
  device,
  edited,
  facts,
  request,
  reported,
  reserved,
  settled,
  stored,
} from './testdata/example.ts';

const LATER = '2026-11-21T13:00:00.000Z';
const UID = 'uid-tenant-a-request-001';
const on = (devicename: string, ports: (number | string)[], vlan = 10): Service => ({
  devicename,
  ports,
  vlan,
});

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('empty');
  return item;
}

function listed(about: Interface, name = 'devicea') {
  const found = resolution(about).resolved?.devices.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function own(ledger: Device, port: string, uid = UID) {
  const entry = ledger.spec[port];
  return ownClaims(entry === undefined ? undefined : parseEntry(port, entry), uid);
}

// R1

test('R1 what is reserved already is not written again', () => {
  const ledger = reserved(device(), request());
  assert.deepEqual(reserve(ledger, listed(request()), requestFacts(request())), { held: true });
});

test('R1 settling what is settled writes nothing', () => {
  const { request: holder, devices } = claimed(request(), [device()]);
  assert.equal(settle(first(devices), { uid: UID, namespace: 'tenant-a' }, holder), undefined);
});

test('R1 a write carries the version that was read, and changes neither input', () => {
  const ledger = device();
  const before = structuredClone(ledger);
  const result = reserve(ledger, listed(request()), requestFacts(request()));
  assert.ok('write' in result);
  assert.equal(result.write.metadata.resourceVersion, ledger.metadata.resourceVersion);
  assert.deepEqual(ledger, before);
});

// R2

test('R2 any claim of another namespace is a conflict, also a reserved one, and own claims are not', () => {
  const theirs = request({ namespace: 'tenant-b', services: [on('devicea', ['2'])] });
  const kinds: [string, Device, string[]][] = [
    ['free', device(), []],
    ['reserved by another tenant', reserved(device(), theirs), ['2']],
    ['held by another tenant', first(claimed(theirs, [device()]).devices), ['2']],
    ['held by an own request', first(claimed(request({ name: 'request-002' }), [device()]).devices), []],
  ];
  for (const [name, ledger, ports] of kinds) {
    const found = conflicts(ledger, listed(request()), 'tenant-a').map(({ port }) => port);
    assert.deepEqual(found, ports, name);
  }
});

test('R2 a claim cannot be put on a port of another namespace', () => {
  const ledger = first(claimed(request({ namespace: 'tenant-b' }), [device()]).devices);
  assert.throws(
    () => reserve(ledger, listed(request()), requestFacts(request())),
    /belongs to tenant-b, not to tenant-a/,
  );
});

test('R2 one write changes claims of one request only', () => {
  const ledger = reserved(first(claimed(request(), [device()]).devices), request({ name: 'request-002' }));
  const next = editClaims(ledger, { uid: UID, namespace: 'tenant-a' }, [], () => ({
    active: [],
    reserved: [],
  }));
  assert.deepEqual(own(stored(ledger, next), '1'), { active: [], reserved: [] });
  assert.deepEqual(
    own(stored(ledger, next), '1', 'uid-tenant-a-request-002'),
    own(ledger, '1', 'uid-tenant-a-request-002'),
  );
});

test('R2 the message names every port, with its holder, as the tenant wrote the device', () => {
  const ledger = first(claimed(request({ services: [on('devicea', ['1-16'])] }), [device()]).devices);
  const wanted = request({
    name: 'request-002',
    namespace: 'tenant-b',
    services: [on('deviceA', ['11-13', 15, 16, 20])],
  });
  const found = conflicts(ledger, listed(wanted), 'tenant-b');
  assert.equal(
    refusalMessage(found, false),
    'Ports 11-13,15-16@deviceA are owned by a different tenant: tenant-a (request request-001)',
  );
  assert.equal(refusalMessage(found, true), 'Ports 11-13,15-16@deviceA are owned by a different tenant');
  assert.equal(
    refusalMessage(found.slice(0, 1), false),
    'Port 11@deviceA is owned by a different tenant: tenant-a (request request-001)',
  );
});

// R3

const active: ActiveClaim = {
  vlan: 1,
  trunk: false,
  shutdown: true,
  stp: 'portfast',
  description: 'd',
  owner: 'r',
  uid: 'u',
  generation: 2,
  timestamp: NOW,
};
const { timestamp: _, ...common } = active;
const waiting: ReservedClaim = { ...common, attempt: 3 };
const holder = {
  namespace: 'n',
  name: 'r',
  uid: 'u',
  generation: 2,
  deleting: false,
  guarded: true,
  attempt: 3,
  devices: [],
};
const at = (generation: number) => ({ accepted: { generation, timestamp: NOW } });
const VERDICTS = [
  { name: 'R3 Interface gone: removed', claim: active, request: undefined, verdict: 'remove' },
  {
    name: 'R3 Interface of another uid: removed',
    claim: active,
    request: { ...holder, ...at(2), uid: 'v' },
    verdict: 'remove',
  },
  {
    name: 'R3 Interface being deleted: removed',
    claim: active,
    request: { ...holder, ...at(2), deleting: true },
    verdict: 'remove',
  },
  {
    name: 'R3 Interface being deleted: reserved is removed, too',
    claim: waiting,
    request: { ...holder, deleting: true },
    verdict: 'remove',
  },
  {
    name: 'R3 older than accepted: removed',
    claim: active,
    request: { ...holder, ...at(3), generation: 3 },
    verdict: 'remove',
  },
  {
    name: 'R3 reserved, older than accepted: removed',
    claim: waiting,
    request: { ...holder, ...at(3), generation: 3 },
    verdict: 'remove',
  },
  {
    name: 'R3 reserved and accepted: activated',
    claim: waiting,
    request: { ...holder, ...at(2) },
    verdict: 'activate',
  },
  {
    name: 'R3 reserved and accepted: activated though the attempt went on',
    claim: waiting,
    request: { ...holder, ...at(2), attempt: 4 },
    verdict: 'activate',
  },
  {
    name: 'R3 reserved and accepted: activated though spec went on',
    claim: waiting,
    request: { ...holder, ...at(2), generation: 3 },
    verdict: 'activate',
  },
  {
    name: 'R3 reserved of an older generation: removed',
    claim: waiting,
    request: { ...holder, generation: 3 },
    verdict: 'remove',
  },
  {
    name: 'R3 reserved in an older attempt: removed',
    claim: waiting,
    request: { ...holder, attempt: 4 },
    verdict: 'remove',
  },
  { name: 'R3 reserved now: kept', claim: waiting, request: { ...holder, ...at(1) }, verdict: 'keep' },
  { name: 'R3 active and accepted: kept', claim: active, request: { ...holder, ...at(2) }, verdict: 'keep' },
  {
    name: 'R3 active while spec went on: kept',
    claim: active,
    request: { ...holder, ...at(2), generation: 5, attempt: 9 },
    verdict: 'keep',
  },
] as const;
for (const { name, claim, request: about, verdict: expected } of VERDICTS) {
  test(name, () => assert.equal(verdict('u', claim, about), expected));
}

test('R3 activation takes the accepted timestamp and replaces the older generation in the same write', () => {
  const before = claimed(request(), [device()]);
  const update = edited(before.request, [on('devicea', ['2-4'], 20)]);
  const held = reserved(first(before.devices), update);
  const counts = accepted(update, [held], LATER);
  const after = settled(held, counts);
  assert.deepEqual(Object.keys(after.spec), ['2', '3', '4']);
  assert.deepEqual(own(after, '2').reserved, []);
  assert.deepEqual(
    own(after, '2').active.map(({ generation, vlan, timestamp }) => [generation, vlan, timestamp]),
    [[2, 20, LATER]],
  );
  assert.equal(
    topClaim(after.spec['2'] ?? { annotations: { namespace: '' } })?.since,
    held.metadata.generation,
  );
});

// R4

test('R4 the accepted generation stays in force until the next one is accepted', () => {
  const before = claimed(request(), [device()]);
  const update = edited(before.request, [on('devicea', ['1'], 20)]);
  const held = reserved(first(before.devices), update);
  assert.equal(held.spec['1']?.vlan, 10);
  assert.equal(hasUnsettled(held, UID, requestFacts(update)), false);
});

test('R4 all is held only when every port is reserved at this generation and attempt', () => {
  const wanted = request();
  const held = reserved(device(), wanted);
  const now = requestFacts(wanted);
  assert.equal(isHeld(held, listed(wanted), now), true);
  assert.equal(isHeld(held, listed(wanted), { ...now, attempt: 1 }), false);
  assert.equal(isHeld(held, listed(wanted), { ...now, generation: 2 }), false);
  assert.equal(isHeld(undefined, listed(wanted), now), false);
  const { 2: __, ...less } = held.spec;
  assert.equal(isHeld({ ...held, spec: less }, listed(wanted), now), false);
});

test('R4 a refused update loses its reservations by the next attempt and nothing else', () => {
  const before = claimed(request(), [device()]);
  const update = edited(before.request, [on('devicea', ['1-5'], 20)]);
  const held = reserved(first(before.devices), update);
  assert.equal(hasReservation(held, requestFacts(update)), true);
  const refused = withNextAttempt(update);
  const after = settled(held, refused);
  assert.deepEqual(after.spec, first(before.devices).spec);
  assert.equal(hasReservation(after, requestFacts(refused)), false);
});

test('R4 timestamps are above every active claim on the ports, on all devices alike', () => {
  const past = '2026-01-01T00:00:00.000Z';
  const other = claimed(
    request({ name: 'request-000', services: [on('deviceb', ['1'])] }),
    [device('devicea'), device('deviceb')],
    LATER,
  );
  const wanted = request({ services: [on('devicea', ['1']), on('deviceb', ['1'])] });
  const { resolved } = resolution(wanted);
  assert.ok(resolved);
  const record = acceptance(requestFacts(wanted), resolved, byName(other.devices), past);
  assert.equal(record.accepted?.timestamp, '2026-11-21T13:00:00.001Z');
  assert.deepEqual(record.devices, ['devicea', 'deviceb']);
  const elsewhere = request({ services: [on('deviceb', ['2'])] });
  const free = resolution(elsewhere).resolved;
  assert.ok(free);
  assert.equal(
    acceptance(requestFacts(elsewhere), free, byName(other.devices), past).accepted?.timestamp,
    past,
  );
});

test('R4 devices of earlier generations stay on the record', () => {
  const before = claimed(request(), [device()]);
  const update = edited(before.request, [on('deviceb', ['1'])]);
  const held = reserved(device('deviceb'), update);
  assert.deepEqual(accepted(update, [held]).status?.claim?.devices, ['devicea', 'deviceb']);
});

// R5

test('R5 the finalizer is set and removed without touching others', () => {
  const bare = request({ metadata: { finalizers: ['example.com/other'] } });
  const guarded = guard(bare);
  assert.deepEqual(guarded.metadata.finalizers, ['example.com/other', 'network.as.a.service/release']);
  assert.deepEqual(unguard(guarded).metadata.finalizers, ['example.com/other']);
});

const leaving = settled(
  confirmed(first(claimed(request(), [device()]).devices)),
  deleted(claimed(request(), [device()]).request),
);
const RELEASES: { name: string; device: Device | undefined; known?: boolean; awaited: boolean }[] = [
  {
    name: 'R5 a Device with a claim is awaited',
    device: first(claimed(request(), [device()]).devices),
    awaited: true,
  },
  { name: 'R5 a Device with a reservation is awaited', device: reserved(device(), request()), awaited: true },
  { name: 'R5 a Device with an unconfirmed leaving is awaited', device: leaving, awaited: true },
  { name: 'R5 a missing Device is awaited', device: undefined, awaited: true },
  {
    name: 'R5 a Device being rebuilt is awaited',
    device: { ...device(), metadata: newDevice('devicea', 'naas-system').metadata },
    awaited: true,
  },
  {
    name: 'R5 a device out of the inventory is not awaited',
    device: undefined,
    known: false,
    awaited: false,
  },
  { name: 'R5 a Device with a confirmed leaving is not awaited', device: confirmed(leaving), awaited: false },
];
for (const { name, device: found, known = true, awaited } of RELEASES) {
  test(name, () => {
    const about = { ...requestFacts(deleted(request())), devices: ['devicea'] };
    const devices = new Map([['devicea', found]]);
    assert.deepEqual(
      awaitedDevices(about, devices, () => known),
      awaited ? ['devicea'] : [],
    );
  });
}

test('R5 a 404 is never dropped from the devices, a Device that shows nothing is', () => {
  const about = { ...requestFacts(request()), devices: ['devicea', 'deviceb', 'devicec'] };
  const devices = new Map([
    ['devicea', device()],
    ['deviceb', undefined],
    ['devicec', leaving],
  ]);
  assert.deepEqual(remainingDevices(about, devices), ['deviceb', 'devicec']);
});

// R6

test('R6 claims name their Interface by uid: a new one of the same name does not keep them', () => {
  const { devices } = claimed(request(), [device()]);
  const again = request({ metadata: { uid: 'another' } });
  const after = stored(first(devices), settle(first(devices), { uid: UID, namespace: 'tenant-a' }, again));
  assert.deepEqual(after.spec, {});
  assert.equal(isLeaving(after, UID), true);
});

test('R6 every request with a claim is found, each once', () => {
  const ledger = reserved(first(claimed(request(), [device()]).devices), request({ name: 'request-002' }));
  const found = claimants(ledger).map(({ namespace, owner, uid }) => `${namespace}/${owner}/${uid}`);
  assert.deepEqual(found, [`tenant-a/request-001/${UID}`, 'tenant-a/request-002/uid-tenant-a-request-002']);
});

// R7

test('R7 two reads of an Interface count together only when nothing that matters changed between', () => {
  const one = accepted(request(), [reserved(device(), request())]);
  const changes: [string, Interface, boolean][] = [
    ['conditions only', { ...one, status: { ...one.status, conditions: [] } }, true],
    ['uid', request({ metadata: { uid: 'x' } }), false],
    ['generation', { ...one, metadata: { ...one.metadata, generation: 2 } }, false],
    ['attempt', withNextAttempt(one), false],
    ['accepted', { ...one, status: { claim: {} } }, false],
    ['deletion', { ...one, metadata: { ...one.metadata, deletionTimestamp: NOW } }, false],
    ['finalizer', unguard(one), false],
  ];
  for (const [name, two, same] of changes) assert.equal(isUnchanged(one, two), same, name);
});

// R8

test('R8 an alias of a port is not another port: it is refused', () => {
  for (const alias of ['01', 'Ethernet1', '1 ', '１']) {
    const { resolved, refusals } = resolution(request({ services: [on('devicea', [alias])] }));
    assert.equal(resolved, undefined, alias);
    assert.equal(refusals[0]?.reason, 'InvalidPort', alias);
  }
});

test('R8 device names differ by more than case', () => {
  const { resolved } = resolution(request({ services: [on('deviceA', ['1']), on('DEVICEA', ['2'])] }));
  assert.deepEqual([...(resolved?.devices.keys() ?? [])], ['devicea']);
});

test('R8 what the inventory does not give is refused', () => {
  const inventory = new Map([['devicea', facts()]]);
  const CASES: [Service, string, string][] = [
    [on('devicex', ['1']), 'DeviceUnknown', 'Device devicex does not exist'],
    [on('deviceA', ['99']), 'PortUnknown', 'Port 99@deviceA does not exist'],
    [on('deviceA', ['1/1']), 'PortUnknown', 'Port 1/1@deviceA does not exist'],
    [on('deviceA', ['49']), 'PortNotDelegable', 'Port 49@deviceA is an uplink'],
    [on('deviceA', ['54']), 'PortNotDelegable', 'Port 54@deviceA is reserved'],
    [on('deviceA', ['1'], 4005), 'VlanReserved', 'VLAN 4005 is reserved on deviceA'],
    [
      { ...on('deviceA', ['1']), trunk: true, vlans: ['3990-4000'] },
      'VlanReserved',
      'VLAN 4000 is reserved on deviceA',
    ],
    [
      { ...on('deviceA', ['1']), trunk: true, nativeVlan: 4010 },
      'VlanReserved',
      'VLAN 4010 is reserved on deviceA',
    ],
  ];
  for (const [service, reason, message] of CASES) {
    const { resolved } = resolution(request({ services: [service] }));
    assert.ok(resolved);
    const found = forbidden(resolved, inventory);
    assert.deepEqual(
      found.map((refusal) => [refusal.reason, refusal.message]),
      [[reason, message]],
    );
  }
});

// R9 is the enforcer's; the ledger gives it versions to compare.

test('R9 since and leaving are generations of the Device that was read, so that the write itself is later', () => {
  const ledger = device('devicea', { generation: 41 });
  const held = reserved(ledger, request());
  const after = settled(held, accepted(request(), [held]));
  assert.equal(topClaim(after.spec['1'] ?? { annotations: { namespace: '' } })?.since, 42);
  assert.equal(after.metadata.generation, 43);
  const left = settled(after, deleted(request()));
  assert.deepEqual(readLeaving(left), { [UID]: 43 });
});

// R10

test('R10 a Device is made marked and kept', () => {
  const made = newDevice('devicea', 'naas-system');
  assert.equal(isRebuilding(made), true);
  assert.equal(isKept(made), true);
  assert.deepEqual(made.spec, {});
  assert.equal(made.metadata.annotations?.[REBUILDING_ANNOTATION], 'true');
  assert.equal(isRebuilding(withoutMark(made)), false);
});

test('R10 only a generation that is not decided and names the device gets the next attempt', () => {
  const counts = accepted(request(), [reserved(device(), request())]);
  assert.equal(isPendingOn(request(), 'devicea'), true);
  assert.equal(isPendingOn(request(), 'deviceb'), false);
  assert.equal(isPendingOn(counts, 'devicea'), false);
  assert.equal(isPendingOn(edited(counts, [on('DEVICEA', ['1'])]), 'devicea'), true);
  assert.equal(isPendingOn(deleted(request()), 'devicea'), false);
});

test('R10 accepted claims come back, shadowed ones too, and settle to the ledger that was lost', () => {
  const older = claimed(request(), [device()]);
  const newer = claimed(
    request({ name: 'request-002', services: [on('devicea', ['2'], 20)] }),
    older.devices,
    LATER,
  );
  const plan = rebuildPlan('devicea', [older.request, newer.request], undefined);
  let ledger: Device = {
    ...device(),
    metadata: { ...newDevice('devicea', 'naas-system').metadata, generation: 1 },
  };
  for (const lost of plan.claims) {
    ledger = settled(stored(ledger, restore(ledger, lost)), lost.request);
    assert.equal(restore(ledger, lost), undefined, 'run again, it finds its work done');
  }
  const claims = (of: Device) =>
    Object.entries(of.spec).map(([port, entry]) => [port, parseEntry(port, entry).active]);
  assert.deepEqual(claims(ledger), claims(first(newer.devices)));
  assert.deepEqual(plan.leaving, [UID, 'uid-tenant-a-request-002']);
});

test('R10 of a request with a newer spec the model tells the accepted settings; what it lacks is alerted', () => {
  const before = claimed(request(), [device()]);
  const told = reported(before.request, before.devices);
  const update = edited(told, [on('devicea', ['9'], 90)]);
  const { 3: __, ...model } = first(before.devices).spec;
  const plan = rebuildPlan('devicea', [update], model);
  assert.deepEqual(
    plan.claims.map(({ ports }) => [...ports].map(([port, { vlan }]) => [port, vlan])),
    [
      [
        ['1', 10],
        ['2', 10],
      ],
    ],
  );
  assert.deepEqual(
    plan.alerts.map(({ message }) => message),
    ['The ledger of devicea was lost; ports 3 of generation 1 could not be restored'],
  );
});

test('R10 a model of another uid or generation restores nothing', () => {
  const before = claimed(request(), [device()]);
  const update = edited(before.request, [on('devicea', ['9'], 90)]);
  const model = first(before.devices).spec;
  const strange = { ...update, metadata: { ...update.metadata, uid: 'x' } };
  assert.deepEqual(rebuildPlan('devicea', [strange], model).claims, []);
  const newer = {
    ...update,
    status: { claim: { ...update.status?.claim, accepted: { generation: 2, timestamp: NOW } } },
  };
  assert.deepEqual(rebuildPlan('devicea', [edited(newer, [])], model).claims, []);
});

test('R10 a port of two tenants goes to neither', () => {
  const a = claimed(request({ services: [on('devicea', ['1-2'])] }), [device()]).request;
  const b = claimed(request({ namespace: 'tenant-b', services: [on('devicea', ['2-3'])] }), [
    device(),
  ]).request;
  const plan = rebuildPlan('devicea', [a, b], undefined);
  assert.deepEqual(
    plan.claims.map(({ ports }) => [...ports.keys()]),
    [['1'], ['3']],
  );
  assert.equal(plan.alerts.length, 2);
});

test('R10 deleted requests get no claims back, but are waited for', () => {
  const gone = deleted(claimed(request(), [device()]).request);
  const plan = rebuildPlan('devicea', [gone], undefined);
  assert.deepEqual([plan.claims, plan.leaving], [[], [UID]]);
});

test('R10 a Device goes only when it is out of the inventory and empty', () => {
  assert.equal(isDisposable(device(), false), true);
  assert.equal(isDisposable(device(), true), false);
  assert.equal(isDisposable(reserved(device(), request()), false), false);
});

// R11 is the device-watcher's: it needs uid and generation, which every Device has.

// R12

test('R12 programmed is what is accepted, active, shown since it came to the top, and left nowhere', () => {
  const { request: counts, devices } = claimed(request(), [device()]);
  const ledger = first(devices);
  const shown = confirmed(ledger);
  const { 1: one, ...others } = shown.status?.confirmed ?? {};
  assert.ok(one);
  const applied = shown.status?.applied;
  assert.ok(applied);
  const CASES: [string, Device, string][] = [
    ['confirmed', shown, 'Programmed'],
    ['not confirmed', ledger, 'Pushing'],
    ['a port was left out', confirmed(ledger, { confirmed: others }), 'Pushing'],
    [
      'another claim is shown',
      confirmed(ledger, { confirmed: { ...others, 1: { ...one, vlan: 99 } } }),
      'Pushing',
    ],
    [
      'an older version was confirmed',
      confirmed(ledger, { applied: { ...applied, generation: 2 } }),
      'Pushing',
    ],
    ['another Device was confirmed', confirmed(ledger, { applied: { ...applied, uid: 'x' } }), 'Pushing'],
    ['something is reserved only', { ...reserved(device(), request()) }, 'Pending'],
    [
      'the ledger is being rebuilt',
      { ...shown, metadata: { ...shown.metadata, annotations: { [REBUILDING_ANNOTATION]: 'true' } } },
      'Pending',
    ],
  ];
  for (const [name, found, state] of CASES) {
    const status = reported(counts, [found]).status;
    assert.equal(status?.devices?.[0]?.state, state, name);
    assert.equal(status?.programmedGeneration, state === 'Programmed' ? 1 : undefined, name);
  }
});

test('R12 an update is not programmed before the old device has confirmed the release', () => {
  const before = claimed(request(), [device('devicea'), device('deviceb')]);
  const shown = before.devices.map((one) => confirmed(one));
  const after = claimed(edited(before.request, [on('deviceb', ['1'])]), shown, LATER);
  const [a, b] = after.devices.map((one) => (one.metadata.name === 'deviceb' ? confirmed(one) : one));
  assert.ok(a && b);
  const half = reported(after.request, [a, b]);
  assert.equal(half.status?.programmedGeneration, undefined);
  assert.deepEqual(
    half.status?.devices?.map(({ name, state }) => [name, state]),
    [
      ['deviceb', 'Programmed'],
      ['devicea', 'Pushing'],
    ],
  );
  assert.equal(reported(after.request, [confirmed(a), b]).status?.programmedGeneration, 2);
});

test('R12 shadowed ports do not count', () => {
  const older = claimed(request(), [device()]);
  const newer = claimed(
    request({ name: 'request-002', services: [on('devicea', ['2'], 20)] }),
    older.devices,
    LATER,
  );
  const shown = confirmed(first(newer.devices));
  const { 2: __, ...others } = shown.status?.confirmed ?? {};
  const held: Device = { ...shown, status: { ...shown.status, confirmed: others } };
  assert.equal(reported(older.request, [held]).status?.devices?.[0]?.state, 'Programmed');
  assert.equal(reported(newer.request, [held]).status?.devices?.[0]?.state, 'Pushing');
});

// R13

test('R13 a device out of the inventory takes no new claims and keeps the old ones', () => {
  const { request: counts, devices } = claimed(request(), [device()]);
  const without = new Map([...INVENTORY].filter(([name]) => name !== 'devicea'));
  const { resolved } = resolution(request());
  assert.ok(resolved);
  assert.deepEqual(
    forbidden(resolved, without).map(({ reason }) => reason),
    ['DeviceUnknown'],
  );
  assert.equal(hasUnsettled(first(devices), UID, requestFacts(counts)), false);
  assert.equal(isReleased(first(devices), UID), false);
});

// Limits

test('a ledger that is full refuses the claim, and never a removal', () => {
  const port = (index: number) => `${Math.floor(index / 100)}/${index % 100}`;
  const entry = first(Object.values(first(claimed(request(), [device()]).devices).spec));
  const spec = Object.fromEntries(Array.from({ length: 1024 }, (__, index) => [port(index), entry]));
  const full = device('devicea', { spec });
  const result = reserve(
    full,
    listed(request({ name: 'request-002', services: [on('devicea', ['7'])] })),
    requestFacts(request({ name: 'request-002' })),
  );
  assert.ok('refusal' in result);
  assert.equal(result.refusal.reason, 'LedgerFull');
  assert.deepEqual(settled(full, deleted(request())).spec, {});
});

test('a port holds at most 17 requests of a tenant', () => {
  let ledger = device();
  for (let index = 0; index < 17; index++) {
    ledger = first(
      claimed(
        request({ name: `r${index}`, services: [on('devicea', ['1'])] }),
        [ledger],
        new Date(Date.parse(NOW) + index).toISOString(),
      ).devices,
    );
  }
  const last = request({ name: 'r17', services: [on('devicea', ['1'])] });
  const result = reserve(ledger, listed(last), requestFacts(last));
  assert.ok('refusal' in result);
  assert.deepEqual([result.refusal.reason, result.refusal.port], ['LedgerFull', '1']);
});

test('S-89 a ledger above 1 MiB refuses the claim', () => {
  const large = device('devicea', {
    status: {
      conditions: [
        { type: 'x', status: 'True', reason: 'x', message: 'x'.repeat(1024 * 1024), lastTransitionTime: NOW },
      ],
    },
  });
  const result = reserve(large, listed(request()), requestFacts(request()));
  assert.ok('refusal' in result && result.refusal.reason === 'LedgerFull');
});

test('the confirmed claim of a port is the claim without since', () => {
  const top = topClaim(
    first(claimed(request(), [device()]).devices).spec['1'] ?? { annotations: { namespace: '' } },
  );
  assert.ok(top);
  const { since: __, ...rest } = top;
  assert.deepEqual(toConfirmed(top), rest);
});
