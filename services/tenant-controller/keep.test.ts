import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tenant } from '../../crds/types.gen.ts';
import type { RoleBinding } from '../../lib/kube/resources.ts';
import { BINDINGS, wantedBinding } from './bindings.ts';
import { decide } from './keep.ts';

const tenant: Tenant = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Tenant',
  metadata: { name: 'tenant-c', uid: 'uid-1' },
  spec: { members: [{ kind: 'User', name: 'oidc:user@tenant-c.example', role: 'Editor' }] },
};
const wanted = wantedBinding(tenant, BINDINGS[0]);
assert.ok(wanted);

/** As the API server stores it, changed. */
function stored(change: Partial<RoleBinding> = {}, metadata: Partial<RoleBinding['metadata']> = {}) {
  return {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', ...wanted, ...change },
    metadata: { ...wanted?.metadata, name: 'naas-editors', uid: 'b', resourceVersion: '7', ...metadata },
  } as RoleBinding;
}

const foreign = { labels: { team: 'network' }, ownerReferences: [] };
const cases: {
  name: string;
  stored?: RoleBinding;
  wanted?: RoleBinding;
  expected: ReturnType<typeof decide>['do'];
}[] = [
  { name: 'nothing is there and nothing should be', expected: 'nothing' },
  { name: 'it is missing', wanted, expected: 'create' },
  { name: 'it is as it should be', stored: stored(), wanted, expected: 'nothing' },
  { name: 'nobody should have it any more', stored: stored(), expected: 'delete' },
  { name: 'somebody changed who has it', stored: stored({ subjects: [] }), wanted, expected: 'replace' },
  {
    name: 'somebody made it anew with another role, which cannot be changed',
    stored: stored({ roleRef: { ...wanted.roleRef, name: 'edit' } }),
    wanted,
    expected: 'delete',
  },
  {
    name: 'somebody took our label away',
    stored: stored({}, { labels: {} }),
    wanted,
    expected: 'replace',
  },
  {
    name: 'somebody took the owner away',
    stored: stored({}, { ownerReferences: [] }),
    wanted,
    expected: 'replace',
  },
  {
    name: 'it was kept for an earlier Tenant of the same name',
    stored: stored({}, { ownerReferences: [{ ...owner(), uid: 'uid-0' }] }),
    wanted,
    expected: 'replace',
  },
  { name: 'it is somebody else’s', stored: stored({}, foreign), wanted, expected: 'refuse' },
  { name: 'it is somebody else’s, and none should be', stored: stored({}, foreign), expected: 'nothing' },
  {
    name: 'it is owned by a Tenant of another name',
    stored: stored({}, { labels: {}, ownerReferences: [{ ...owner(), name: 'tenant-b' }] }),
    wanted,
    expected: 'refuse',
  },
];

function owner() {
  const [reference] = wanted?.metadata.ownerReferences ?? [];
  assert.ok(reference);
  return reference;
}

describe('what is done about a kept object when', () => {
  for (const one of cases) {
    test(one.name, () => {
      assert.equal(decide(one.stored, one.wanted, 'roleRef').do, one.expected);
    });
  }
});

test('labels that others added stay, and a replace is conditional on the version that was read', () => {
  const decision = decide(
    stored({ subjects: [] }, { labels: { mine: 'x' }, annotations: { note: 'y' } }),
    wanted,
  );
  assert.equal(decision.do, 'replace');
  const { metadata, subjects } = (decision as { object: RoleBinding }).object;
  assert.deepEqual(metadata.labels, {
    mine: 'x',
    app: 'naas',
    'app.kubernetes.io/managed-by': 'tenant-controller',
  });
  assert.deepEqual(metadata.annotations, { note: 'y' });
  assert.equal(metadata.resourceVersion, '7');
  assert.deepEqual(subjects, wanted.subjects);
});

test('S-60 the only owner that is ever named is the Tenant of the namespace, and it blocks nothing', () => {
  assert.deepEqual(wanted.metadata.ownerReferences, [
    {
      ...{ apiVersion: 'network.as.a.service/v1', kind: 'Tenant', name: 'tenant-c', uid: 'uid-1' },
      controller: true,
    },
  ]);
});
