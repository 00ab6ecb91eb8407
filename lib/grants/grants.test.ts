import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Grant, TenantSpec } from '../../crds/types.gen.ts';
import type { ResolvedRequest, Settings } from '../ports/resolve.ts';
import { grantDenials } from './denials.ts';
import { grantBook } from './grant-book.ts';
import type { GrantBook } from './grant-book.ts';
import { overlapWords, overlaps } from './overlaps.ts';
import { readTenant } from './read-tenant.ts';
import { violationWords, violations } from './violations.ts';

const DEVICES = new Map([
  ['devicea', { groups: ['leafs', 'global'] }],
  ['deviceb', { groups: ['global'] }],
]);
const ACCESS: Settings = { vlan: 10, trunk: false, shutdown: false, stp: 'portfast', description: 'x' };
const TRUNK: Settings = { ...ACCESS, trunk: true };
const grant = (change: Partial<Grant> = {}): Grant => ({
  devices: ['deviceA'],
  ports: ['1-5'],
  vlans: ['10-19'],
  ...change,
});

/** Tenants by name. */
function book(tenants: Readonly<Record<string, TenantSpec>>): GrantBook {
  const read = Object.entries(tenants).flatMap(
    ([name, spec]) => readTenant({ metadata: { name }, spec }) ?? [],
  );
  return grantBook(read, DEVICES);
}

function request(ports: Readonly<Record<string, Settings>>, device = 'deviceA'): ResolvedRequest {
  const listed = new Map(Object.entries(ports));
  return {
    devices: new Map([[device.toLowerCase(), { written: device, ports: listed, fields: new Map() }]]),
  };
}

interface Case {
  held?: Readonly<Record<string, Settings>>;
  requireTenant?: boolean;
  ports?: { after: number; added: number };
  device?: string;
}

/** What tenant-b is denied, each as `reason: message`. */
function denied(grants: GrantBook, ports: Readonly<Record<string, Settings>>, about: Case = {}): string[] {
  const asked = {
    namespace: 'tenant-b',
    request: request(ports, about.device),
    requireTenant: about.requireTenant ?? false,
    held: (_: string, port: string) => about.held?.[port],
    ports: () => about.ports ?? { after: 0, added: 0 },
  };
  return grantDenials(grants, asked).map(({ reason, message }) => `${reason}: ${message}`);
}

const b = (...grants: Grant[]) => book({ 'tenant-b': { grants } });

describe('a tenant gets what is granted, and nothing else', () => {
  test('these VLANs on these ports of these switches', () => {
    assert.deepEqual(denied(b(grant()), { 1: ACCESS, 5: { ...ACCESS, vlan: 19 } }), []);
  });
  test('not another port, and is told which', () => {
    assert.deepEqual(denied(b(grant(), grant({ ports: [7] })), { 6: ACCESS }), [
      'PortNotPermitted: Port 6@deviceA is not granted to tenant-b; granted are 1-5,7',
    ]);
  });
  test('not another switch', () => {
    assert.deepEqual(denied(b(grant()), { 1: ACCESS }, { device: 'deviceB' }), [
      'PortNotPermitted: Port 1@deviceB is not granted to tenant-b; no port of deviceB is',
    ]);
  });
  test('S-17 not another VLAN, and is told which', () => {
    assert.deepEqual(denied(b(grant({ vlans: ['100-199'] })), { 1: { ...ACCESS, vlan: 20 } }), [
      'VlanNotPermitted: VLAN 20 is not granted to tenant-b on deviceA; granted are 100-199',
    ]);
  });
  test('not the VLAN of one grant on the port of another', () => {
    const grants = b(grant({ ports: [1], vlans: [10] }), grant({ ports: [2], vlans: [20] }));
    assert.deepEqual(denied(grants, { 1: { ...ACCESS, vlan: 20 }, 2: { ...ACCESS, vlan: 20 } }), [
      'VlanNotPermitted: VLAN 20 is not granted to tenant-b on deviceA; granted are 10',
    ]);
  });
  test('the VLANs of all grants of a port', () => {
    const grants = b(grant({ ports: [1], vlans: [10] }), grant({ ports: ['*'], vlans: [20] }));
    assert.deepEqual(denied(grants, { 1: { ...ACCESS, vlan: 20 } }), []);
  });
  test('no trunk unless it is said', () => {
    assert.deepEqual(denied(b(grant(), grant({ ports: [9], trunk: true })), { 1: TRUNK }), [
      'TrunkNotPermitted: Port 1@deviceA is granted to tenant-b for access only, not as a trunk; trunks are granted on 9',
    ]);
    assert.deepEqual(denied(b(grant()), { 1: TRUNK }), [
      'TrunkNotPermitted: Port 1@deviceA is granted to tenant-b for access only, not as a trunk; no trunk is granted on deviceA',
    ]);
  });
  test('S-18 no VLAN of a trunk that is not granted to trunks: not native, not among the others', () => {
    const grants = b(grant({ trunk: true }), grant({ vlans: ['100-199'] }));
    assert.deepEqual(denied(grants, { 1: { ...TRUNK, nativeVlan: 11, vlans: '12-19' } }), []);
    assert.deepEqual(denied(grants, { 1: { ...TRUNK, nativeVlan: 1 } }), [
      'VlanNotPermitted: VLAN 1 is not granted to tenant-b on deviceA; granted are 10-19',
    ]);
    assert.deepEqual(denied(grants, { 1: { ...TRUNK, vlans: '1-4094' } }), [
      'VlanNotPermitted: VLAN 1-9,20-4094 is not granted to tenant-b on deviceA; granted are 10-19',
    ]);
    // Granted for access ports only.
    assert.deepEqual(denied(grants, { 1: { ...TRUNK, vlans: '100' } }), [
      'VlanNotPermitted: VLAN 100 is not granted to tenant-b on deviceA; granted are 10-19',
    ]);
  });
  test('by group of the inventory', () => {
    const grants = b(grant({ devices: [], groups: ['leafs'] }));
    assert.deepEqual(denied(grants, { 1: ACCESS }), []);
    assert.equal(denied(grants, { 1: ACCESS }, { device: 'deviceB' }).length, 1);
  });
  test('nothing on a switch that is not in the inventory', () => {
    assert.equal(denied(b(grant({ devices: ['ghost'] })), { 1: ACCESS }, { device: 'ghost' }).length, 1);
  });
  test('nothing without any grant', () => {
    assert.deepEqual(denied(b(), { 1: ACCESS }), [
      'PortNotPermitted: Port 1@deviceA is not granted to tenant-b; no port of deviceA is',
    ]);
  });
  test('a long list of what is granted is cut after a whole range', () => {
    const [told = ''] = denied(b(grant({ ports: Array.from({ length: 100 }, (_, i) => i * 2) })), {
      7: ACCESS,
    });
    assert.match(told, /granted are 0,2,4,[0-9,]+[0-9] and more$/);
    assert.ok(told.length < 220);
  });
});

describe('a namespace without Tenant', () => {
  test('gets nothing where one is required, everything else where not', () => {
    assert.deepEqual(denied(book({}), { 1: ACCESS }, { requireTenant: true }), [
      'TenantRequired: Namespace tenant-b belongs to no tenant',
    ]);
    assert.deepEqual(denied(book({}), { 1: ACCESS }), []);
  });
  test('is one whose Tenant is being deleted', () => {
    const deleted = { name: 'tenant-b', deletionTimestamp: '2026-01-01T00:00:00Z' };
    assert.equal(readTenant({ metadata: deleted, spec: { grants: [grant()] } }), undefined);
  });
  test('is not one that a Tenant binds, required or not', () => {
    assert.equal(denied(b(), { 1: ACCESS }, { requireTenant: false }).length, 1);
  });
});

describe('what a request holds already', () => {
  const nothing = b();
  test('is not checked again', () => {
    assert.deepEqual(denied(nothing, { 1: ACCESS }, { held: { 1: ACCESS } }), []);
    assert.deepEqual(denied(nothing, { 1: { ...ACCESS, shutdown: true } }, { held: { 1: ACCESS } }), []);
  });
  test('gets no further VLAN', () => {
    const [told] = denied(nothing, { 1: { ...ACCESS, vlan: 11 } }, { held: { 1: ACCESS } });
    assert.match(told ?? '', /^PortNotPermitted/);
    const some = b(grant({ trunk: true, vlans: [12] }));
    const held = { 1: { ...TRUNK, vlans: '11' } };
    assert.deepEqual(denied(some, { 1: { ...TRUNK, vlans: '11-12' } }, { held }), []);
    assert.deepEqual(denied(some, { 1: { ...TRUNK, vlans: '11-13' } }, { held }), [
      'VlanNotPermitted: VLAN 13 is not granted to tenant-b on deviceA; granted are 12',
    ]);
  });
  test('does not become a trunk', () => {
    assert.match(denied(nothing, { 1: TRUNK }, { held: { 1: ACCESS } })[0] ?? '', /^PortNotPermitted/);
    assert.match(denied(b(grant()), { 1: TRUNK }, { held: { 1: ACCESS } })[0] ?? '', /^TrunkNotPermitted/);
  });
  test('does not open another port', () => {
    assert.equal(denied(nothing, { 1: ACCESS, 2: ACCESS }, { held: { 1: ACCESS } }).length, 1);
  });
});

describe('VLANs that two tenants are granted on a switch', () => {
  const pair = (one: boolean, two: boolean, device = 'deviceA') =>
    book({
      'tenant-a': { grants: [grant({ devices: [device], vlans: ['15-30'], shared: one, ports: [40] })] },
      'tenant-b': { grants: [grant({ shared: two })] },
    });
  const both = { 1: { ...ACCESS, vlan: 15 } };
  test('are theirs if both share them', () => assert.deepEqual(denied(pair(true, true), both), []));
  for (const [one, two] of [
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    test(`are neither's if ${one ? 'only the other' : two ? 'only this one' : 'nobody'} shares them; S-56 the other is not named`, () => {
      assert.deepEqual(denied(pair(one, two), both), [
        'VlanNotPermitted: VLAN 15 is granted to another tenant on deviceA as well and not shared by both',
      ]);
    });
  }
  test('are theirs on switches where only one has them', () => {
    assert.deepEqual(denied(pair(false, false, 'deviceB'), both), []);
  });
  test('do not take others along', () => assert.deepEqual(denied(pair(false, false), { 1: ACCESS }), []));
  test('are not shared by a tenant that has one grant of them that does not share', () => {
    const grants = book({
      'tenant-a': { grants: [grant({ shared: true })] },
      'tenant-b': { grants: [grant({ shared: true }), grant({ vlans: [12] })] },
    });
    assert.deepEqual(denied(grants, { 1: ACCESS }), []);
    assert.equal(denied(grants, { 1: { ...ACCESS, vlan: 12 } }).length, 1);
  });
  test('are told to the admin with the other’s name, switches together', () => {
    const grants = book({
      'tenant-a': {
        grants: [
          grant({ devices: ['device[1-9]'] }),
          grant({ devices: [], groups: ['global'], vlans: ['15-30'] }),
        ],
      },
      'tenant-b': { grants: [grant(), grant({ devices: ['deviceB'] })] },
      'tenant-c': { grants: [grant({ devices: ['deviceB'], vlans: [50] })] },
    });
    assert.deepEqual(overlaps(grants, 'tenant-b').map(overlapWords), [
      'VLAN 15-19 on devicea,deviceb is granted to tenant-a as well, and not both say shared: true',
    ]);
    // Whoever is asked about, in whatever order: one book is for all.
    assert.deepEqual(overlaps(grants, 'tenant-a').map(overlapWords), [
      'VLAN 15-19 on devicea,deviceb is granted to tenant-b as well, and not both say shared: true',
    ]);
    assert.deepEqual(overlaps(grants, 'tenant-c'), []);
  });
});

describe('the limit of ports', () => {
  const limited = book({ 'tenant-b': { grants: [grant()], maxPorts: 8 } });
  test('is told with need, limit and how many too many', () => {
    assert.deepEqual(denied(limited, { 1: ACCESS }, { ports: { after: 12, added: 6 } }), [
      'PortLimitExceeded: tenant-b would hold 12 ports over all devices, its limit is 8: 4 too many',
    ]);
  });
  test('may be reached', () =>
    assert.deepEqual(denied(limited, { 1: ACCESS }, { ports: { after: 8, added: 8 } }), []));
  test('when it was lowered, keeps from nothing but new ports', () => {
    assert.deepEqual(denied(limited, { 1: ACCESS }, { ports: { after: 12, added: 0 } }), []);
    assert.equal(denied(limited, { 1: ACCESS }, { ports: { after: 9, added: 1 } }).length, 1);
  });
  test('of nothing is a limit, none is none', () => {
    const none = book({ 'tenant-b': { grants: [grant()], maxPorts: 0 } });
    assert.equal(denied(none, { 1: ACCESS }, { ports: { after: 1, added: 1 } }).length, 1);
    assert.deepEqual(denied(b(grant()), { 1: ACCESS }, { ports: { after: 4096, added: 4096 } }), []);
  });
});

describe('what is in force without a grant', () => {
  const holding = (port: string, settings: Settings) => ({ device: 'devicea', port, settings });
  test('is told by port, VLAN and trunk', () => {
    const found = violations(b(grant({ ports: ['1-6'] }), grant({ ports: [6], trunk: true })), 'tenant-b', [
      holding('1', ACCESS),
      holding('2', { ...ACCESS, vlan: 20 }),
      holding('3', { ...ACCESS, vlan: 20 }),
      holding('4', TRUNK),
      holding('6', TRUNK),
      holding('7', ACCESS),
    ]);
    assert.equal(
      violationWords(found),
      'VLAN 20 of ports 2-3@devicea, trunk of port 4@devicea, port 7@devicea',
    );
  });
  test('is nothing where all is granted', () => {
    assert.deepEqual(violations(b(grant()), 'tenant-b', [holding('1', ACCESS)]), []);
  });
});

describe('a grant that cannot be read', () => {
  test('grants nothing and is told by field; the others count', () => {
    const spec = {
      grants: [
        grant({ ports: ['1-5', '9-8'], vlans: [10, '20-15'] }),
        grant({ devices: ['leaf[9-1]'] }),
        grant({ ports: [2] }),
      ],
    };
    const read = readTenant({ metadata: { name: 'tenant-b' }, spec });
    assert.deepEqual(read?.problems, [
      { field: 'spec.grants[0].ports[1]', message: 'Range "9-8" runs backwards' },
      { field: 'spec.grants[0].vlans[1]', message: 'VLAN range "20-15" runs backwards' },
      { field: 'spec.grants[1].devices[0]', message: 'Range "leaf[9-1]" runs backwards' },
    ]);
    assert.equal(denied(book({ 'tenant-b': spec }), { 1: ACCESS }).length, 1);
    assert.deepEqual(denied(book({ 'tenant-b': spec }), { 2: ACCESS }), []);
  });
});
