// The table of cases of the API design, row by row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../crds/reasons.ts';
import type { Device, Held, Interface, Service } from '../../crds/types.gen.ts';
import { conflicts } from './reserve.ts';
import { resolution } from './resolution.ts';
import {
  INVENTORY,
  NOW,
  accepted,
  attempted,
  byName,
  claimed,
  confirmed,
  deleted,
  device,
  edited,
  facts,
  message,
  reported,
  request,
  reserved,
  settled,
  shown,
} from './testdata/example.ts';

const LATER = '2026-11-21T13:00:00.000Z';
const UID = 'uid-tenant-a-request-001';
const on = (devicename: string, ports: (number | string)[], vlan = 10): Service => ({
  devicename,
  ports,
  vlan,
});

/** A request that is accepted, with its Device as the switch confirmed it. */
function ready(about: Interface = request()): { request: Interface; device: Device } {
  const {
    request: counts,
    devices: [ledger = device()],
  } = claimed(about, [device()]);
  const shows = confirmed(ledger);
  return { request: reported(counts, [shows]), device: shows };
}

/** An update that is accepted and not yet on the switch. */
function updated(): { request: Interface; device: Device } {
  const before = ready();
  const {
    request: counts,
    devices: [ledger = device()],
  } = claimed(edited(before.request, [on('deviceA', ['1-3'], 20)]), [before.device], LATER);
  return { request: counts, device: ledger };
}

function held(reason: Held['reason'], given: Partial<Held> = {}): Held {
  return {
    uid: UID,
    generation: 2,
    reason,
    message: '% Invalid input at "vlan 20"',
    tries: 1,
    since: NOW,
    ...given,
  };
}

test('case: create', () => {
  const fresh = request();
  const ledger = reserved(device(), fresh);
  const counts = accepted(fresh, [ledger]);
  const entering = reported(counts, [ledger]);
  assert.deepEqual(shown(entering), [
    'Accepted=Unknown Pending',
    'Programmed=False Pending',
    'InSync=Unknown NotChecked',
    'Ready=Unknown Pending',
    'Reconciling=True Pending',
  ]);
  const active = settled(ledger, counts);
  const pushing = reported(entering, [active]);
  assert.deepEqual(shown(pushing), [
    'Accepted=True Accepted',
    'Programmed=False Pushing',
    'InSync=Unknown NotChecked',
    'Ready=False Pushing',
    'Reconciling=True Pushing',
  ]);
  assert.equal(message(pushing, 'Ready'), 'waiting for deviceA to confirm ports 1-3');
  assert.equal(pushing.status?.programmedGeneration, undefined);
  const done = reported(pushing, [confirmed(active)]);
  assert.deepEqual(shown(done), [
    'Accepted=True Accepted',
    'Programmed=True Programmed',
    'InSync=True InSync',
    'Ready=True Ready',
  ]);
  assert.equal(message(done, 'Ready'), 'Confirmed by deviceA; shut down as requested: 1-3@deviceA');
  assert.deepEqual(done.status?.summary, { devices: 'devicea', ports: '3/3', vlans: '10' });
  assert.deepEqual(done.status?.devices, [{ name: 'devicea', state: 'Programmed', ports: '1-3' }]);
  assert.deepEqual([done.status?.observedGeneration, done.status?.programmedGeneration], [1, 1]);
});

test('case: create, while the ledger is not there yet', () => {
  const waiting = reported(request(), [], { waitingFor: 'Waiting for the ledger of deviceA' });
  assert.deepEqual(shown(waiting), [
    'Accepted=Unknown Pending',
    'Programmed=False Pending',
    'InSync=Unknown NotChecked',
    'Ready=Unknown Pending',
    'Reconciling=True Pending',
  ]);
  assert.equal(message(waiting, 'Ready'), 'Waiting for the ledger of deviceA');
  assert.equal(waiting.status?.observedGeneration, undefined, 'nothing is decided');
});

test('case: refused at admission: what got past it is refused here', () => {
  const { resolved, refusals } = resolution(request({ services: [on('deviceA', ['5-1'])] }));
  const refused = reported(request({ services: [on('deviceA', ['5-1'])] }), [device()], {
    resolved,
    refusals,
  });
  assert.deepEqual(shown(refused), [
    'Accepted=False InvalidPort',
    'Programmed=False NotAccepted',
    'InSync=Unknown NotChecked',
    'Ready=False InvalidPort',
    'Stalled=True InvalidPort',
  ]);
  assert.match(message(refused, 'Ready'), /^spec\.services\[0\]\.ports\[0\]: Range "5-1" runs backwards/);
});

test('case: update: nothing is written before the decision, old settings stay until activation, then as create', () => {
  const before = ready();
  const update = edited(before.request, [on('deviceA', ['1-3'], 20)]);
  assert.notEqual(update.status?.observedGeneration, update.metadata.generation, '`wait` blocks');
  const ledger = reserved(before.device, update);
  assert.equal(ledger.spec['1']?.vlan, 10);
  const after = updated();
  const pushing = reported(after.request, [after.device]);
  assert.equal(after.device.spec['1']?.vlan, 20);
  assert.deepEqual(shown(pushing).slice(0, 2), ['Accepted=True Accepted', 'Programmed=False Pushing']);
  assert.deepEqual([pushing.status?.observedGeneration, pushing.status?.programmedGeneration], [2, 1]);
  const done = reported(pushing, [confirmed(after.device)]);
  assert.deepEqual([done.status?.observedGeneration, done.status?.programmedGeneration], [2, 2]);
  assert.ok(done.status?.conditions?.every(({ observedGeneration }) => observedGeneration === 2));
});

test('case: race lost: the old generation stays in force with all its ports', () => {
  const before = ready();
  const other = claimed(
    request({ name: 'request-009', namespace: 'tenant-b', services: [on('devicea', ['7-8'])] }),
    [before.device],
  );
  const [ledger = device()] = other.devices;
  const update = edited(before.request, [on('deviceA', ['1', '7-8'], 20)]);
  const listed = resolution(update).resolved?.devices.get('devicea');
  assert.ok(listed);
  const lost = reported(update, [ledger], { refusals: conflicts(ledger, listed, 'tenant-a') });
  assert.deepEqual(shown(lost), [
    'Accepted=False PortOwnedByOtherTenant',
    'Programmed=False NotAccepted',
    'InSync=True InSync',
    'Ready=False PortOwnedByOtherTenant',
    'Stalled=True PortOwnedByOtherTenant',
  ]);
  assert.equal(
    message(lost, 'Ready'),
    'Ports 7-8@deviceA are owned by a different tenant: tenant-b (request request-009)',
  );
  assert.equal(
    message(lost, 'Programmed'),
    'Generation 2 is not accepted; generation 1 stays in force with all its ports',
  );
  assert.deepEqual([lost.status?.observedGeneration, lost.status?.programmedGeneration], [2, 1]);
  assert.deepEqual(lost.status?.devices, [
    {
      name: 'devicea',
      state: 'NotAccepted',
      ports: '1-3',
      conflicts: [{ ports: '7-8', reason: 'PortOwnedByOtherTenant', owner: 'tenant-b/request-009' }],
      message: 'Ports 7-8@deviceA are owned by a different tenant: tenant-b (request request-009)',
    },
  ]);
  const hidden = reported(update, [ledger], {
    refusals: conflicts(ledger, listed, 'tenant-a'),
    hideOwners: true,
  });
  assert.doesNotMatch(JSON.stringify(hidden.status), /tenant-b|request-009/);
});

test('case: taken over by own newer request: the older one stays Ready and says what it lost', () => {
  const older = ready();
  const newer = claimed(
    request({ name: 'request-002', services: [on('devicea', ['1-2'], 100)] }),
    [older.device],
    LATER,
  );
  const [ledger = device()] = newer.devices;
  const before = reported(older.request, [ledger]);
  assert.deepEqual(shown(before), [
    'Accepted=True Accepted',
    'Programmed=True Programmed',
    'InSync=True InSync',
    'Ready=True Ready',
    'Shadowed=True TakenOver',
  ]);
  assert.equal(
    message(before, 'Shadowed'),
    'Ports 1-2 of deviceA: held by request-002, shown as before until request-002 is programmed',
  );
  assert.deepEqual(before.status?.devices?.[0]?.shadowed, [{ ports: '1-2', by: 'request-002' }]);
  assert.equal(before.status?.summary?.ports, '1/3');
  const after = reported(before, [confirmed(ledger)]);
  assert.equal(message(after, 'Shadowed'), 'Ports 1-2 of deviceA: held by request-002');
});

test('case: taken over by own newer request that is held: the older one is shown on, and both say so', () => {
  const older = ready();
  const newer = claimed(
    request({ name: 'request-002', services: [on('devicea', ['1-2'], 100)] }),
    [older.device],
    LATER,
  );
  const [ledger = device()] = newer.devices;
  const refused: Device = {
    ...ledger,
    status: {
      ...ledger.status,
      held: [held('Rejected', { uid: 'uid-tenant-a-request-002', generation: 1 })],
    },
  };
  assert.match(
    message(reported(older.request, [refused]), 'Shadowed'),
    /shown as before until request-002 is programmed/,
  );
  const told = reported(newer.request, [refused]);
  assert.equal(
    message(told, 'Ready'),
    'devicea: % Invalid input at "vlan 20"; ports 1-2 of devicea still show request-001',
  );
});

test('case: newer one deleted: the older one is Reconciling until confirmed', () => {
  const older = ready();
  const newer = claimed(
    request({ name: 'request-002', services: [on('devicea', ['1-2'], 100)] }),
    [older.device],
    LATER,
  );
  const over = confirmed(newer.devices[0] ?? device());
  const back = settled(over, deleted(newer.request));
  const pushing = reported(reported(older.request, [over]), [back]);
  assert.deepEqual(shown(pushing), [
    'Accepted=True Accepted',
    'Programmed=False Pushing',
    'InSync=True InSync',
    'Ready=False Pushing',
    'Reconciling=True Pushing',
  ]);
  assert.deepEqual(shown(reported(pushing, [confirmed(back)])), [
    'Accepted=True Accepted',
    'Programmed=True Programmed',
    'InSync=True InSync',
    'Ready=True Ready',
  ]);
});

test('case: delete: Releasing, with the generation that deletion raised', () => {
  const before = ready();
  const going = deleted(before.request);
  const left = settled(before.device, going);
  assert.deepEqual(left.spec, {}, 'the ledger frees ports at once');
  const releasing = reported(going, [left]);
  assert.deepEqual(shown(releasing), [
    'Accepted=False BeingDeleted',
    'Programmed=False Pushing',
    'InSync=Unknown NotChecked',
    'Ready=False Releasing',
    'Reconciling=True Releasing',
  ]);
  assert.equal(message(releasing, 'Ready'), 'Releasing: waiting for deviceA to confirm the release');
  assert.equal(releasing.status?.observedGeneration, 2);
  assert.equal(releasing.status?.programmedGeneration, 1);
});

const DELAYS: {
  name: string;
  outcome?: Outcome;
  pause?: true;
  missing?: true;
  why: string;
  state: string;
}[] = [
  { name: 'down', outcome: 'unreachable', why: 'deviceA cannot be reached', state: 'DeviceUnreachable' },
  {
    name: 'blocked',
    outcome: 'platform-rejected',
    why: "deviceA refuses the platform's own configuration, which the network team must correct",
    state: 'DeviceBlocked',
  },
  { name: 'paused', pause: true, why: 'changes of deviceA are paused by the network team', state: 'Paused' },
  {
    name: 'not adopted',
    outcome: 'not-adopted',
    why: 'deviceA is not adopted yet: the network team must review its configuration',
    state: 'NotAdopted',
  },
  {
    name: 'without ledger',
    missing: true,
    why: 'the ledger of deviceA is missing and will be rebuilt',
    state: 'Pending',
  },
];
for (const { name, outcome, pause, missing, why, state } of DELAYS) {
  test(`case: delete, device ${name}: the message names it and why`, () => {
    const before = ready();
    const going = deleted(before.request);
    const left = settled(before.device, going);
    const found = outcome === undefined ? left : attempted(left, outcome);
    const inventory = pause ? new Map([['devicea', facts({ mode: 'pause' })]]) : INVENTORY;
    const releasing = reported(going, missing ? [] : [found], { inventory });
    assert.equal(message(releasing, 'Ready'), `Releasing: ${why}`);
    assert.deepEqual(
      releasing.status?.devices?.map((one) => [one.name, one.state]),
      [['devicea', state]],
    );
    assert.ok(shown(releasing).includes('Reconciling=True Releasing'));
  });
}

const OUTCOMES: { outcome: Outcome; programmed: string; ready: string }[] = [
  {
    outcome: 'unreachable',
    programmed: 'Programmed=False DeviceUnreachable',
    ready: 'Ready=False DeviceUnreachable',
  },
  {
    outcome: 'auth-failed',
    programmed: 'Programmed=False DeviceUnreachable',
    ready: 'Ready=False DeviceUnreachable',
  },
  {
    outcome: 'host-key-unknown',
    programmed: 'Programmed=False DeviceUnreachable',
    ready: 'Ready=False DeviceUnreachable',
  },
  {
    outcome: 'platform-rejected',
    programmed: 'Programmed=False DeviceBlocked',
    ready: 'Ready=False DeviceBlocked',
  },
  { outcome: 'not-adopted', programmed: 'Programmed=False NotAdopted', ready: 'Ready=False NotAdopted' },
  { outcome: 'busy', programmed: 'Programmed=False DeviceBusy', ready: 'Ready=False DeviceBusy' },
  { outcome: 'rolled-back', programmed: 'Programmed=False RolledBack', ready: 'Ready=False RolledBack' },
  { outcome: 'uncertain', programmed: 'Programmed=Unknown Uncertain', ready: 'Ready=Unknown Uncertain' },
  { outcome: 'applied', programmed: 'Programmed=False Pushing', ready: 'Ready=False Pushing' },
];
for (const { outcome, programmed, ready: shownReady } of OUTCOMES) {
  test(`case: a new change on a device whose last push ended ${outcome}: waiting helps`, () => {
    const after = updated();
    const waiting = reported(after.request, [attempted(after.device, outcome)]);
    const conditions = shown(waiting);
    assert.ok(conditions.includes(programmed), conditions.join());
    assert.ok(conditions.includes(shownReady), conditions.join());
    assert.ok(conditions.some((text) => text.startsWith('Reconciling=True')));
    assert.ok(!conditions.some((text) => text.startsWith('Stalled')));
  });
}

test('case: device down: what was programmed before stays so, only InSync is not known', () => {
  const before = ready();
  const down: Device = {
    ...before.device,
    status: {
      ...before.device.status,
      attempted: { epoch: 2, outcome: 'unreachable' },
      conditions: [
        {
          type: 'Reachable',
          status: 'False',
          reason: 'DeviceUnreachable',
          message: '',
          lastTransitionTime: NOW,
        },
      ],
    },
  };
  assert.deepEqual(shown(reported(before.request, [down])), [
    'Accepted=True Accepted',
    'Programmed=True Programmed',
    'InSync=Unknown DeviceUnreachable',
    'Ready=True Ready',
  ]);
});

const HELD: { name: string; held: Held; reason: string; stalled: boolean }[] = [
  { name: 'rejected by a device', held: held('Rejected'), reason: 'Rejected', stalled: true },
  { name: 'a render error of its own', held: held('RenderFailed'), reason: 'RenderFailed', stalled: true },
  {
    name: 'rolled back, tried again',
    held: held('RolledBack', { tries: 2 }),
    reason: 'RolledBack',
    stalled: false,
  },
  {
    name: 'rolled back three times',
    held: held('RolledBack', { tries: 3 }),
    reason: 'RolledBack',
    stalled: true,
  },
];
for (const { name, held: entry, reason, stalled } of HELD) {
  test(`case: ${name}: the switch's words, for its own lines, and who must act`, () => {
    const after = updated();
    const kept: Device = { ...after.device, status: { ...after.device.status, held: [entry] } };
    const told = reported(after.request, [kept]);
    assert.ok(shown(told).includes(`Ready=False ${reason}`));
    assert.ok(shown(told).includes(`${stalled ? 'Stalled' : 'Reconciling'}=True ${reason}`));
    assert.equal(shown(told).length, 5, 'never Stalled and Reconciling');
    assert.match(message(told, 'Ready'), /^deviceA: % Invalid input at "vlan 20"/);
    assert.equal(told.status?.programmedGeneration, 1, 'its last confirmed settings stay');
  });
}

test('case: rejected by a device: an older hold says nothing of a new generation', () => {
  const after = updated();
  const kept: Device = {
    ...after.device,
    status: { ...after.device.status, held: [held('Rejected', { generation: 1 })] },
  };
  assert.ok(shown(reported(after.request, [kept])).includes('Ready=False Pushing'));
});

test('case: rejected by a device: others on the switch are programmed', () => {
  const mine = updated();
  const other = claimed(
    request({ name: 'request-002', namespace: 'tenant-b', services: [on('devicea', ['9'])] }),
    [mine.device],
  );
  const [ledger = device()] = other.devices;
  const shows = confirmed(ledger, {
    held: [held('Rejected')],
    confirmed: { ...mine.device.status?.confirmed, ...pick(confirmed(ledger), '9') },
  });
  assert.ok(shown(reported(other.request, [shows])).includes('Ready=True Ready'));
  assert.ok(shown(reported(mine.request, [shows])).includes('Ready=False Rejected'));
});

test('case: template or base model broken: nobody is blamed, and nothing the device said is shown', () => {
  const after = updated();
  const broken = attempted(after.device, 'platform-rejected');
  const secret: Device = {
    ...broken,
    status: {
      ...broken.status,
      attempted: { epoch: 2, outcome: 'platform-rejected', message: '% secret line' },
    },
  };
  const told = reported(after.request, [secret]);
  assert.ok(shown(told).includes('Reconciling=True DeviceBlocked'));
  assert.doesNotMatch(JSON.stringify(told.status), /secret/);
});

test('case: drift: InSync=False names own ports only, Ready stays', () => {
  const before = ready();
  const drifted: Device = {
    ...before.device,
    status: { ...before.device.status, drift: { ports: '2,40', lines: ['no shutdown'], since: NOW } },
  };
  const told = reported(before.request, [drifted]);
  assert.ok(shown(told).includes('InSync=False Drifted'));
  assert.ok(shown(told).includes('Ready=True Ready'));
  assert.equal(message(told, 'InSync'), 'The switch differs from what was confirmed: 2@deviceA');
});

test('case: drift on the ports of others leaves InSync as it is', () => {
  const before = ready();
  const status: Device['status'] = {
    ...before.device.status,
    drift: { ports: '40', lines: ['no shutdown'], since: NOW },
    conditions: [
      { type: 'InSync', status: 'False', reason: 'Drifted', message: '', lastTransitionTime: NOW },
    ],
  };
  assert.ok(shown(reported(before.request, [{ ...before.device, status }])).includes('InSync=True InSync'));
});

test('case: limit lowered: what is accepted stays Ready', () => {
  const before = ready();
  const inventory = new Map([['devicea', facts({ uplinks: ['1'], reservedVlans: '10' })]]);
  assert.ok(shown(reported(before.request, [before.device], { inventory })).includes('Ready=True Ready'));
});

test('case: device left inventory: ports are frozen, Stalled', () => {
  const before = ready();
  const told = reported(before.request, [before.device], { inventory: new Map() });
  assert.ok(shown(told).includes('Ready=False DeviceRemoved'));
  assert.ok(shown(told).includes('Stalled=True DeviceRemoved'));
  assert.equal(told.status?.devices?.[0]?.ports, '1-3');
});

test('case: device left inventory: nothing is said of it while the inventory cannot be read', () => {
  const before = ready();
  assert.ok(
    shown(reported(before.request, [before.device], { inventory: undefined })).includes('Ready=True Ready'),
  );
});

test('the worst device is shown, and who must act comes first', () => {
  const two = request({ services: [on('deviceA', ['1']), on('deviceB', ['1'])] });
  const both = claimed(two, [device('devicea'), device('deviceb')]);
  const [a = device(), b = device()] = both.devices;
  const states: [Device, Device, string][] = [
    [a, attempted(b, 'unreachable'), 'Reconciling=True DeviceUnreachable'],
    [attempted(a, 'platform-rejected'), attempted(b, 'unreachable'), 'Reconciling=True DeviceBlocked'],
    [
      { ...a, status: { held: [held('Rejected', { generation: 1 })] } },
      attempted(b, 'not-adopted'),
      'Stalled=True Rejected',
    ],
    [confirmed(a), attempted(b, 'uncertain'), 'Reconciling=True Uncertain'],
    [a, attempted(b, 'uncertain'), 'Reconciling=True Pushing'],
  ];
  for (const [one, other, expected] of states) {
    const told = reported(both.request, [one, other]);
    assert.ok(shown(told).includes(expected), `${expected}: ${shown(told).join()}`);
  }
});

test('a condition keeps its time while its status stays, and every condition carries the generation', () => {
  const before = ready();
  const again = reported(before.request, [before.device], { now: LATER });
  assert.deepEqual(again.status, before.request.status, 'reported again, nothing changes');
  const after = updated();
  const pushing = reported(after.request, [after.device], { now: LATER });
  const times = new Map(
    pushing.status?.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
  );
  assert.deepEqual([times.get('Accepted'), times.get('Programmed'), times.get('Ready')], [NOW, LATER, LATER]);
  assert.ok(pushing.status?.conditions?.every(({ observedGeneration }) => observedGeneration === 2));
});

test('ports that a lost Device took away are named', () => {
  const before = ready();
  const { 2: _, ...rest } = before.device.spec;
  const told = reported(before.request, [{ ...before.device, spec: rest }]);
  assert.ok(shown(told).includes('Ready=Unknown Pending'));
  assert.match(message(told, 'Ready'), /port 2 of deviceA; change the request to claim them again/);
});

test('many devices are counted, long texts cut', () => {
  const names = Array.from({ length: 40 }, (_, index) => `switch-${index}`);
  const wide = request({ services: names.map((name) => on(name, ['1'])) });
  const both = claimed(
    wide,
    names.map((name) => device(name)),
  );
  const told = reported(both.request, both.devices, {
    inventory: new Map(names.map((name) => [name, facts()])),
  });
  assert.deepEqual(told.status?.summary, { devices: 'switch-0,switch-1 +38', ports: '40/40', vlans: '10' });
  assert.equal(byName(both.devices).size, 40);
  const blocked = reported(
    both.request,
    both.devices.map((one) => attempted(one, 'platform-rejected')),
    { inventory: undefined },
  );
  assert.ok(message(blocked, 'Ready').length <= 2048);
});

function pick(from: Device, port: string): NonNullable<NonNullable<Device['status']>['confirmed']> {
  const claim = from.status?.confirmed?.[port];
  return claim === undefined ? {} : { [port]: claim };
}
