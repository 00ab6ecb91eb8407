import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Device, Ledger, PortEntry, Tenant, TenantSpec } from '../../crds/types.gen.ts';
import { granted, judge } from './judge.ts';

const INVENTORY = new Map([
  ['devicea', { groups: ['leafs'] }],
  ['deviceb', { groups: [] }],
]);
const GRANT = { devices: ['deviceA'], ports: ['1-5'], vlans: ['10-19'] };
const tenant = (spec: TenantSpec, name = 'tenant-c'): Tenant => ({
  ...{ apiVersion: 'network.as.a.service/v1', kind: 'Tenant', metadata: { name, uid: name }, spec },
});

function port(vlan: number, trunk = false, namespace = 'tenant-c'): PortEntry {
  return {
    ...{ vlan, trunk, shutdown: false, stp: 'portfast', description: 'r' },
    annotations: {
      ...{ namespace, owner: 'r', uid: 'u', generation: 1 },
      ...{ timestamp: '2026-01-01T00:00:00.000Z', since: 1 },
    },
  };
}
const device = (name: string, spec: Ledger): Device => ({
  ...{ apiVersion: 'network.as.a.service/v1', kind: 'Device', metadata: { name }, spec },
});

/** `status reason: message` of OverLimit. */
function overLimit(
  spec: TenantSpec,
  devices: Device[],
  others: Tenant[] = [],
  inventory = INVENTORY,
): string {
  const subject = tenant(spec);
  const ports = devices.reduce((sum, { spec: ledger }) => sum + Object.keys(ledger).length, 0);
  const held = { used: { ports, devices: devices.length, requests: 1 }, devices };
  const { status, reason, message } = judge(
    subject,
    held,
    granted([subject, ...others], inventory),
  ).overLimit;
  return `${status} ${reason}: ${message}`;
}

describe('OverLimit of a Tenant', () => {
  const two = [device('devicea', { '1': port(10), '2': port(11) })];
  const cases: [name: string, found: () => string, expected: string][] = [
    [
      'all within limits',
      () => overLimit({ grants: [GRANT], maxPorts: 2 }, two),
      'False WithinLimits: Holds 2 ports, its limit is 2',
    ],
    ['no limit', () => overLimit({ grants: [GRANT] }, two), 'False WithinLimits: Holds 2 ports'],
    [
      'a limit that was lowered',
      () => overLimit({ grants: [GRANT], maxPorts: 1 }, two),
      'True PortLimitExceeded: Holds 2 ports, its limit is 1: 1 too many',
    ],
    [
      'a port and a VLAN taken away, a trunk never granted',
      () =>
        overLimit({ grants: [{ ...GRANT, ports: ['1-3'], vlans: [10] }] }, [
          device('devicea', { '1': port(10), '2': port(11), '3': port(10, true), '4': port(10) }),
        ]),
      'True NotGranted: In force, but not granted: VLAN 11 of port 2@devicea, trunk of port 3@devicea, port 4@devicea',
    ],
    [
      'a switch that left the inventory, whose ports are frozen',
      () => overLimit({ grants: [GRANT] }, [device('gone', { '1': port(10) })]),
      'False WithinLimits: Holds 1 port',
    ],
    [
      'a VLAN that another tenant has as well, both named to the administrator',
      () =>
        overLimit(
          { grants: [GRANT] },
          [],
          [tenant({ grants: [{ ...GRANT, vlans: ['15-30'] }] }, 'tenant-b')],
        ),
      'True GrantOverlap: VLAN 15-19 on devicea is granted to tenant-b as well, and not both say shared: true',
    ],
    [
      'a VLAN that both share',
      () =>
        overLimit(
          { grants: [{ ...GRANT, shared: true }] },
          [],
          [tenant({ grants: [{ ...GRANT, shared: true }] }, 'tenant-b')],
        ),
      'False WithinLimits: Holds 0 ports',
    ],
    [
      'several at once: the worst is the reason, all are told',
      () => overLimit({ grants: [{ ...GRANT, vlans: [10] }], maxPorts: 1 }, two),
      'True PortLimitExceeded: Holds 2 ports, its limit is 1: 1 too many; in force, but not granted: VLAN 11 of port 2@devicea',
    ],
  ];
  for (const [name, found, expected] of cases) test(name, () => assert.equal(found(), expected));

  test('an inventory that is not known yet says nothing of grants, only of the limit', () => {
    const held = (ports: number) => ({ used: { ports, devices: 1, requests: 1 }, devices: two });
    const subject = tenant({ maxPorts: 1 });
    assert.equal(judge(subject, held(1), undefined).overLimit.status, 'Unknown');
    assert.equal(judge(subject, held(2), undefined).overLimit.reason, 'PortLimitExceeded');
  });
});

test('a grant that cannot be read is told by its field', () => {
  const subject = tenant({ grants: [GRANT, { ...GRANT, ports: ['5-1'] }] });
  const { problems } = judge(
    subject,
    { used: { ports: 0, devices: 0, requests: 0 }, devices: [] },
    undefined,
  );
  assert.deepEqual(problems, ['spec.grants[1].ports[0]: Range "5-1" runs backwards']);
});
