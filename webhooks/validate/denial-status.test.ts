import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DENIALS } from '../../crds/reasons.ts';
import { shownPorts } from './denial-ranges.ts';
import { denialStatus } from './denial-status.ts';
import type { Denial } from './denial.ts';

function owned(port: string, changes: Partial<Denial> = {}): Denial {
  return {
    reason: 'PortOwnedByOtherTenant',
    field: `spec.services[0].ports[${port.replaceAll('/', '')}]`,
    message: `Port ${port}@deviceA is owned by a different tenant: tenant-a (request request-001)`,
    device: 'deviceA',
    port,
    ...changes,
  };
}

const many = (count: number, from = 1, step = 1) =>
  Array.from({ length: count }, (_, i) => owned(String(from + i * step)));

test('one cause per port, the last one says what to do', () => {
  const status = denialStatus('request-002', [owned('11'), owned('12')]);
  assert.deepEqual(status, {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message:
      'Port 11@deviceA is owned by a different tenant: tenant-a (request request-001), ' +
      'Port 12@deviceA is owned by a different tenant: tenant-a (request request-001)',
    details: {
      group: 'network.as.a.service',
      kind: 'Interface',
      name: 'request-002',
      causes: [
        {
          reason: 'PortOwnedByOtherTenant',
          field: 'spec.services[0].ports[11]',
          message: 'Port 11@deviceA is owned by a different tenant: tenant-a (request request-001)',
        },
        {
          reason: 'PortOwnedByOtherTenant',
          field: 'spec.services[0].ports[12]',
          message: 'Port 12@deviceA is owned by a different tenant: tenant-a (request request-001)',
        },
        {
          reason: 'PortOwnedByOtherTenant',
          field: 'spec',
          message:
            'PortOwnedByOtherTenant: choose other ports, or ask the owner to release these; ' +
            'see docs/errors.md#portownedbyothertenant',
        },
      ],
    },
  });
});

test('every id has a next step and a page', () => {
  for (const reason of DENIALS) {
    const last = denialStatus('r', [{ reason, field: 'spec', message: 'x' }]).details.causes.at(-1);
    assert.match(
      last?.message ?? '',
      new RegExp(`^${reason}: .{10,}; see docs/errors\\.md#${reason.toLowerCase()}$`),
    );
  }
});

test('64 ports are told one by one', () => {
  assert.equal(denialStatus('r', many(64)).details.causes.length, 65);
});

test('more are told as ranges', () => {
  const denials = [
    ...many(48),
    owned('99', { reason: 'PortUnknown', message: 'Port 99@deviceA does not exist' }),
  ];
  const deviceB = Array.from({ length: 20 }, (_, i) =>
    owned(String(i + 1), {
      device: 'deviceB',
      field: `spec.services[1].ports[${i}]`,
      message: `Port ${i + 1}@deviceB is an uplink`,
      reason: 'PortNotDelegable',
    }),
  );
  const { causes } = denialStatus('r', [...denials, ...deviceB]).details;
  assert.deepEqual(causes.slice(0, 3), [
    {
      reason: 'PortOwnedByOtherTenant',
      field: 'spec.services[0].ports',
      message: 'Ports 1-48@deviceA are owned by a different tenant: tenant-a (request request-001)',
    },
    { reason: 'PortUnknown', field: 'spec.services[0].ports', message: 'Port 99@deviceA does not exist' },
    {
      reason: 'PortNotDelegable',
      field: 'spec.services[1].ports',
      message: 'Ports 1-20@deviceB are an uplink',
    },
  ]);
  assert.equal(causes.length, 4);
});

describe('above 64 the whole answer stays below 8 KiB', () => {
  const long = 'x'.repeat(63);
  const cases: Record<string, Denial[]> = {
    'every second of 4096 ports': many(2048, 0, 2),
    'each port by another owner': Array.from({ length: 4096 }, (_, i) =>
      owned(String(i), {
        message: `Port ${i}@deviceA is owned by a different tenant: ${long} (request ${long}${i})`,
      }),
    ),
    'denials without ports': Array.from({ length: 500 }, (_, i) => ({
      reason: 'VlanReserved' as const,
      field: `spec.services[${i % 64}].vlans[${i}]`,
      message: `VLAN ${i} is reserved on ${long}`,
    })),
  };
  for (const [what, denials] of Object.entries(cases)) {
    test(what, () => {
      const status = denialStatus('r', denials);
      assert.ok(JSON.stringify(status).length < 8192, `${JSON.stringify(status).length}`);
      assert.ok(status.details.causes.length <= 66);
      assert.match(JSON.stringify(status.details.causes), /and \d+ more/);
    });
  }
});

test('what is cut off is counted', () => {
  const ports = Array.from({ length: 100 }, (_, i) => String(i * 2));
  const shown = shownPorts(ports, 60);
  assert.ok(shown.length <= 60, shown);
  const [list = '', left] = shown.split(' and ');
  assert.equal(list.split(',').length + Number.parseInt(left ?? '', 10), 100);
  assert.equal(shownPorts(ports, 5), '0 and 99 more');
  assert.equal(shownPorts(['1', '2', '3'], 60), '1-3');
  assert.equal(shownPorts(['49/1', '49/2', '7'], 60), '7,49/1-2');
});
