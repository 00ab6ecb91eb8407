import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tenant } from '../../crds/types.gen.ts';
import { tenantStatus, type Findings } from './status.ts';

const NOW = '2026-01-02T03:04:05Z';
const tenant: Tenant = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Tenant',
  metadata: { name: 'tenant-c', uid: 'uid-1', generation: 3 },
  spec: { members: [{ kind: 'User', name: 'a', role: 'Editor' }] },
};
const fine: Findings = {
  namespace: 'there',
  awaited: '',
  taken: [],
  problems: [],
  overLimit: { status: 'False', reason: 'WithinLimits', message: '1 of 8 ports' },
  usage: { ports: 1, devices: 1, requests: 1 },
};
const shown = (findings: Partial<Findings>, given = tenant) =>
  Object.fromEntries(
    (tenantStatus(given, { ...fine, ...findings }, NOW).conditions ?? []).map(({ type, status, reason }) => [
      type,
      `${status} ${reason}`,
    ]),
  );

describe('the conditions of a Tenant', () => {
  const within = 'False WithinLimits';
  const cases: [name: string, findings: Partial<Findings>, expected: Record<string, string>][] = [
    ['all is set up', {}, { Ready: 'True Ready' }],
    [
      'its namespace is being deleted: waiting helps',
      { namespace: 'terminating', awaited: 'waiting for deviceb' },
      { Ready: 'False NamespaceTerminating', Reconciling: 'True NamespaceTerminating' },
    ],
    [
      'its namespace is the platform’s: somebody must act',
      { namespace: 'reserved' },
      { Ready: 'False NamespaceReserved', Stalled: 'True NamespaceReserved' },
    ],
    [
      'a name is taken',
      { taken: ['RoleBinding naas-editors'], problems: ['spec.grants[0]: …'] },
      { Ready: 'False NameTaken', Stalled: 'True NameTaken' },
    ],
    [
      'a grant cannot be read',
      { problems: ['spec.grants[0].ports[0]: …'] },
      { Ready: 'False InvalidGrant', Stalled: 'True InvalidGrant' },
    ],
    [
      'its namespace is not made yet',
      { namespace: 'missing' },
      { Ready: 'Unknown Pending', Reconciling: 'True Pending' },
    ],
  ];
  for (const [name, findings, expected] of cases)
    test(name, () => assert.deepEqual(shown(findings), { OverLimit: within, ...expected }));

  test('more is held than is granted: Ready is not touched', () => {
    const overLimit = { status: 'True', reason: 'PortLimitExceeded', message: '9 of 8 ports' } as const;
    assert.deepEqual(shown({ overLimit }), { Ready: 'True Ready', OverLimit: 'True PortLimitExceeded' });
  });
});

test('each condition and the status carry the generation; a time changes with the status of its condition only', () => {
  const first = tenantStatus(tenant, fine, '2026-01-01T00:00:00Z');
  assert.equal(first.observedGeneration, 3);
  const later = tenantStatus({ ...tenant, status: first }, { ...fine, namespace: 'reserved' }, NOW);
  assert.deepEqual(
    later.conditions?.map(({ type, lastTransitionTime, observedGeneration }) => [
      ...[type, lastTransitionTime, observedGeneration],
    ]),
    [
      ['Ready', NOW, 3],
      ['OverLimit', '2026-01-01T00:00:00Z', 3],
      ['Stalled', NOW, 3],
    ],
  );
});

test('a message that names what is awaited is cut to what the schema stores', () => {
  const { conditions } = tenantStatus(
    tenant,
    { ...fine, namespace: 'terminating', awaited: 'x'.repeat(9000) },
    NOW,
  );
  for (const { message } of conditions ?? []) assert.ok(message.length <= 2048);
});
