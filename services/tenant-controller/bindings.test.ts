import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { Member, Tenant } from '../../crds/types.gen.ts';
import { BINDINGS, wantedBinding } from './bindings.ts';

const tenantOf = (...members: Member[]): Tenant => ({
  apiVersion: 'network.as.a.service/v1',
  kind: 'Tenant',
  metadata: { name: 'tenant-c', uid: 'uid-1' },
  spec: { members },
});
const subjects = (tenant: Tenant) =>
  BINDINGS.map((binding) => {
    const { roleRef, subjects: list } = wantedBinding(tenant, binding) ?? {};
    return [roleRef?.name, list?.map(({ kind, name }) => `${kind} ${name}`)];
  });

test('people and groups are bound by role, in the same order whoever wrote them first', () => {
  const members: Member[] = [
    { kind: 'User', name: 'b', role: 'Editor' },
    { kind: 'Group', name: 'readers', role: 'Viewer' },
    { kind: 'User', name: 'a', role: 'Editor' },
    { kind: 'Group', name: 'writers', role: 'Editor' },
  ];
  const expected = [
    ['naas-tenant', ['Group writers', 'User a', 'User b']],
    ['naas-tenant-viewer', ['Group readers']],
  ];
  assert.deepEqual(subjects(tenantOf(...members)), expected);
  assert.deepEqual(subjects(tenantOf(...members.toReversed())), expected);
});

test('a role that nobody has gets no binding', () => {
  assert.deepEqual(subjects(tenantOf()), [
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

test('S-59 names of the system are bound to nothing, whatever a Tenant says', () => {
  const members: Member[] = [
    { kind: 'Group', name: 'system:authenticated', role: 'Editor' },
    { kind: 'User', name: 'system:anonymous', role: 'Viewer' },
  ];
  assert.deepEqual(subjects(tenantOf(...members)), [
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

test('the roles and names are those that the controller has rights for, and the roles exist', async () => {
  const read = async (path: string) =>
    parseAllDocuments(await readFile(new URL(path, import.meta.url), 'utf8')).map(
      (document) => document.toJS() as { metadata: { name: string }; rules?: Rule[] },
    );
  const rules = (await read('rbac.yaml')).flatMap(({ rules: list = [] }) => list);
  const named = (resource: string) =>
    rules
      .filter(({ resources }) => resources.includes(resource))
      .flatMap(({ resourceNames }) => resourceNames);
  assert.deepEqual(
    named('rolebindings'),
    BINDINGS.map(({ name }) => name),
  );
  assert.deepEqual(
    named('clusterroles'),
    BINDINGS.map(({ role }) => role),
  );
  const roles = (await read('../../crds/tenant-role.yaml')).map(({ metadata }) => metadata.name);
  for (const { role } of BINDINGS) assert.ok(roles.includes(role), role);
});

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}
