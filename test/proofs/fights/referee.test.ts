/** The referee must be able to say no: each rule meets what it is there for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Device, Interface, PortEntry } from '../../../crds/types.gen.ts';
import type { Asked } from './client.ts';
import { claimFaults, stepFaults, type KnownRequest } from './ledger-rules.ts';
import { leftovers } from './leftovers.ts';
import type { Wish } from './plan.ts';
import { unsettled, type World } from './settled.ts';
import { shownFaults } from './shown-rules.ts';
import { answerFault } from './told.ts';
import { ledgerVersion, shownSettings } from './views.ts';

const AT = '2026-11-21T12:00:00.000Z';
const WINS: Wish = { tag: 'r0-c1-1', vlan: 101, ports: ['3@devicea', '4@devicea'] };
const LOSES: Wish = { tag: 'r0-c2-1', vlan: 102, ports: ['4@devicea', '5@devicea'] };
const known = new Map<string, KnownRequest>([
  ['uid-a', { namespace: 'duel-1', name: 'a', wishes: new Map([[1, WINS]]) }],
  ['uid-b', { namespace: 'duel-2', name: 'b', wishes: new Map([[1, LOSES]]) }],
]);
const knownOf = (uid: string) => known.get(uid);

function entry(namespace: string, owner: string, wish: Wish, changes: object = {}): PortEntry {
  const annotations = {
    namespace,
    owner,
    uid: `uid-${owner}`,
    generation: 1,
    timestamp: AT,
    since: 1,
    ...changes,
  };
  const settings = { vlan: wish.vlan, trunk: false, shutdown: false, stp: 'portfast' as const };
  return { ...settings, description: wish.tag, annotations };
}

function device(generation: number, spec: Device['spec'], status: Device['status'] = {}): Device {
  const metadata = { name: 'devicea', namespace: 'naas-system', uid: 'uid-device', generation };
  return { apiVersion: 'network.as.a.service/v1', kind: 'Device', metadata, spec, status };
}
const held = { '3': entry('duel-1', 'a', WINS), '4': entry('duel-1', 'a', WINS) };
const version = (generation: number, spec: Device['spec']) => ledgerVersion(device(generation, spec));

describe('a write of the ledger', () => {
  test('that passes a port to another namespace is noticed, over two writes it is fine', () => {
    const taken = version(3, { '4': entry('duel-2', 'b', LOSES) });
    assert.match(
      stepFaults(version(2, held), taken).join(),
      /port 4 went from duel-1 to duel-2 in one write/,
    );
    assert.deepEqual(stepFaults(version(2, {}), taken), []);
  });

  test('that was not seen is noticed', () => {
    assert.match(stepFaults(version(2, held), version(4, held)).join(), /generations 3 to 3 were not seen/);
  });

  const forged: [what: string, entry: PortEntry, fault: RegExp][] = [
    [
      'for a request that was never stored',
      entry('duel-2', 'nobody', LOSES),
      /no such request was ever stored/,
    ],
    [
      'in the name of another tenant',
      entry('duel-2', 'b', LOSES, { uid: 'uid-a' }),
      /the request is of duel-1/,
    ],
    [
      'for a generation that was never stored',
      entry('duel-2', 'b', LOSES, { generation: 2 }),
      /generation 2 was never stored/,
    ],
    ['for a port that was not asked for', entry('duel-1', 'a', WINS), /does not ask for it/],
    ['with other settings', entry('duel-2', 'b', { ...LOSES, vlan: 7 }), /sets r0-c2-1, VLAN 7/],
  ];
  for (const [what, claim, fault] of forged) {
    test(`with a claim ${what} is noticed`, () => {
      assert.match(claimFaults(version(2, { '5': claim }), knownOf).join(), fault);
    });
  }

  test('with claims of requests that ask for them is fine', () => {
    assert.deepEqual(claimFaults(version(2, held), knownOf), []);
  });
});

describe('a configuration of a switch', () => {
  const versions = [
    version(2, held),
    version(3, { '3': entry('duel-1', 'a', WINS) }),
    version(4, { '4': entry('duel-2', 'b', LOSES) }),
  ];
  const authors = new Map([
    [WINS.tag, { uid: 'uid-a', namespace: 'duel-1' }],
    [LOSES.tag, { uid: 'uid-b', namespace: 'duel-2' }],
  ]);
  const faults = (applied: number, text: string) =>
    shownFaults({ device: 'devicea', number: 9, settings: shownSettings(text), applied }, versions, (tag) =>
      authors.get(tag),
    );
  const shows = (port: string, tag: string) =>
    `interface Ethernet${port}\n   description ${tag}\n   switchport access vlan 101\n   spanning-tree portfast\ninterface Ethernet53\n   description to the other switch\n`;

  test('may show the former owner of a port until the next one is confirmed, and not after', () => {
    assert.deepEqual(faults(2, shows('4', WINS.tag)), []);
    assert.match(faults(4, shows('4', WINS.tag)).join(), /port 4 shows r0-c1-1 of duel-1 .*it is of duel-2/);
    assert.deepEqual(faults(4, shows('4', LOSES.tag)), []);
  });

  test('by hand is noticed: on a port that is nobody’s, and with what nobody asked for', () => {
    assert.match(faults(2, shows('7', WINS.tag)).join(), /port 7 shows r0-c1-1 of duel-1 .*it is of nobody/);
    assert.match(faults(2, shows('4', 'by hand')).join(), /shows by hand that nobody asked for/);
  });
});

describe('a world at rest', () => {
  const condition = (type: string, status: 'True' | 'False', reason: string, message = '') => ({
    ...{ type, status, reason, message },
    ...{ lastTransitionTime: AT, observedGeneration: 1 },
  });
  const request = (namespace: string, name: string, status: Interface['status']): Interface => ({
    ...{ apiVersion: 'network.as.a.service/v1', kind: 'Interface' },
    metadata: { namespace, name, uid: `uid-${name}`, generation: 1 },
    spec: { services: [] },
    ...(status === undefined ? {} : { status }),
  });
  const winner = request('duel-1', 'a', {
    observedGeneration: 1,
    claim: { accepted: { generation: 1, timestamp: AT }, devices: ['devicea'] },
    conditions: [
      condition('Accepted', 'True', 'Accepted'),
      condition('Programmed', 'True', 'Programmed'),
      condition('Ready', 'True', 'Ready'),
    ],
  });
  const lostTo = (owner: string, port = '4') =>
    request('duel-2', 'b', {
      observedGeneration: 1,
      claim: {},
      conditions: [
        condition(
          'Accepted',
          'False',
          'PortOwnedByOtherTenant',
          `Port ${port}@devicea is owned by a different tenant: duel-1 (request ${owner})`,
        ),
        condition('Programmed', 'False', 'NotAccepted'),
        condition('Ready', 'False', 'PortOwnedByOtherTenant'),
        condition('Stalled', 'True', 'PortOwnedByOtherTenant'),
      ],
      devices: [
        {
          name: 'devicea',
          state: 'NotAccepted',
          conflicts: [{ ports: port, reason: 'PortOwnedByOtherTenant', owner: `duel-1/${owner}` }],
        },
      ],
    });
  const shown = { vlan: 101, trunk: false, shutdown: false, stp: 'portfast' as const, description: WINS.tag };
  const confirmed = { ...shown, namespace: 'duel-1', owner: 'a', uid: 'uid-a', generation: 1 };
  const applied = { uid: 'uid-device', generation: 2, platform: 'p', configHash: 'h1:', at: AT };
  const status = { applied, confirmed: { '3': confirmed, '4': confirmed } };
  const view = new Map([
    ['3', { tag: WINS.tag, vlan: 101 }],
    ['4', { tag: WINS.tag, vlan: 101 }],
  ]);
  const world: World = {
    requests: [winner, lostTo('a')],
    devices: [device(2, held, status)],
    switches: new Map([['devicea', { settings: view, open: [] }]]),
  };

  test('is at rest', () => assert.deepEqual(unsettled(world, knownOf), []));

  const leaving = device(2, held, status);
  leaving.metadata.annotations = { 'network.as.a.service/leaving': '{"uid-c": 2}' };
  const reserved = device(
    2,
    {
      ...held,
      '4': {
        ...entry('duel-1', 'a', WINS),
        others: [{ ...shown, owner: 'a', uid: 'uid-a', generation: 1, attempt: 0 }],
      },
    },
    status,
  );
  const deleted = { ...winner, metadata: { ...winner.metadata, deletionTimestamp: AT } };
  const cases: [what: string, world: Partial<World>, fault: RegExp][] = [
    [
      'a loser that is told another winner',
      { requests: [winner, lostTo('x')] },
      /lost 4@devicea to duel-1\/a, but is told/,
    ],
    [
      'a loser that is told another port',
      { requests: [winner, lostTo('a', '5')] },
      /lost 4@devicea to duel-1\/a, but is told/,
    ],
    [
      'a loser whose port is free',
      { requests: [lostTo('a')], devices: [device(2, {}, { applied })] },
      /nothing of it is another's/,
    ],
    [
      'a winner that is not ready',
      {
        requests: [
          {
            ...winner,
            status: { ...winner.status, conditions: [condition('Accepted', 'True', 'Accepted')] },
          },
          lostTo('a'),
        ],
      },
      /not ready/,
    ],
    [
      'a winner without its ports',
      { devices: [device(2, { '3': entry('duel-1', 'a', WINS) }, status)] },
      /does not hold generation 1 on 4@devicea/,
    ],
    ['a request that stays deleted', { requests: [deleted, lostTo('a')] }, /not released/],
    [
      'a claim of a request that is gone',
      { requests: [lostTo('a')] },
      /is held for a \(uid-a\), which does not exist/,
    ],
    ['a reservation', { devices: [reserved] }, /port 4 is still reserved for a/],
    [
      'a leaving that is not confirmed',
      { devices: [leaving] },
      /the leaving of uid-c at generation 2 is not confirmed/,
    ],
    [
      'a port that is not confirmed',
      { devices: [device(2, held, { applied, confirmed: { '3': confirmed } })] },
      /port 4 is not confirmed for a/,
    ],
    [
      'a switch that shows less',
      { switches: new Map([['devicea', { settings: new Map(), open: [] }]]) },
      /port 3 shows nothing in place of r0-c1-1/,
    ],
    [
      'an open session',
      { switches: new Map([['devicea', { settings: view, open: ['session naas-1-x'] }]]) },
      /session naas-1-x is open/,
    ],
  ];
  for (const [what, changes, fault] of cases) {
    test(`has no ${what.replace(/^an? /, '')}`, () => {
      assert.match(unsettled({ ...world, ...changes }, knownOf).join('\n'), fault);
    });
  }
});

describe('an answer', () => {
  const denied = (message: string): Asked => ({
    ...{ tenant: 'duel-2', client: 2, name: 'b', wish: LOSES },
    answer: { told: 'denied', causes: [{ reason: 'PortOwnedByOtherTenant', message }] },
  });
  const holders = (port: string) => new Set(port === '4@devicea' ? ['duel-1/a'] : []);
  const conflict = (port: string, owner: string) => `Port ${port} is owned by a different tenant: ${owner}`;

  test('that names a lost port and its holder is right', () => {
    assert.equal(answerFault(denied(conflict('4@devicea', 'duel-1 (request a)')), holders), undefined);
  });

  const wrong: [what: string, message: string, fault: RegExp][] = [
    ['names no port', 'no', /denied without a lost port/],
    ['names a port that was not asked for', conflict('3@devicea', 'duel-1 (request a)'), /did not ask for/],
    ['names who never had it', conflict('5@devicea', 'duel-1 (request a)'), /which it never had/],
    ['names the own tenant', conflict('4@devicea', 'duel-2 (request c)'), /to its own tenant/],
  ];
  for (const [what, message, fault] of wrong) {
    test(`that ${what} is noticed`, () => assert.match(answerFault(denied(message), holders) ?? '', fault));
  }

  test('that never came is noticed', () => {
    const asked: Asked = { ...denied(''), answer: { told: 'nothing', why: 'refused' } };
    assert.match(answerFault(asked, holders) ?? '', /was never answered/);
  });
});

test('what is left, missing or other than before is named', () => {
  const before = new Map([
    ['Device/devicea', '{}'],
    ['Lease/scheduler', ''],
  ]);
  assert.deepEqual(leftovers(before, before), []);
  const after = new Map([
    ['Device/devicea', '{"3":1}'],
    ['Job/enforce-1', ''],
  ]);
  assert.deepEqual(leftovers(before, after), [
    'Device/devicea is not as before: {"3":1}',
    'Job/enforce-1 is left',
    'Lease/scheduler is missing',
  ]);
});
