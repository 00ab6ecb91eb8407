/** A Tenant makes or adopts its namespace and binds its members, and touches nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { NAMESPACES, ROLE_BINDINGS, TENANTS } from '../../lib/kube/resources.ts';
import type { ApiCaller } from '../support/api-caller.ts';
import { apiServer } from '../support/api-server.ts';
import { until } from '../support/until.ts';
import { members, startStage, subjects } from './stage.ts';

const RBAC = 'rbac.authorization.k8s.io';
const stage = await startStage(await apiServer());
const namespaces = client(stage.connection, NAMESPACES);
const roleBindings = client(stage.connection, ROLE_BINDINGS);
const tenants = client(stage.connection, TENANTS);
await stage.start();

const interfaces = (namespace: string) => `/apis/network.as.a.service/v1/namespaces/${namespace}/interfaces`;
const REQUEST = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Interface',
  metadata: { name: 'request' },
  spec: { services: [{ devicename: 'deviceA', ports: ['1'], vlan: 10 }] },
};

/** Waits until the API server gives somebody this answer: it learns of bindings by watch. */
const answers = (who: ApiCaller, path: string, status: number) =>
  until(`${path}: ${status}`, async () => (await who('GET', path)).status === status);
const bound = (namespace: string, name: string, expected: string[] | undefined) =>
  until(`${name} in ${namespace}: ${expected?.join() ?? 'none'}`, async () => {
    const found = subjects(await stage.binding(namespace, name));
    return JSON.stringify(found) === JSON.stringify(expected);
  });
const bindByHand = (namespace: string, name: string, role: string) =>
  roleBindings.create({
    metadata: { name, namespace },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: 'hand' }],
  });

test('a namespace is made, and members may do what their role says: people and groups, editors and viewers', async () => {
  await stage.apply('made', {
    members: members('Editor User ann', 'Viewer User vic', 'Editor Group builders', 'Viewer Group auditors'),
  });
  await stage.reason('made', 'Ready', 'Ready');
  const namespace = await stage.namespace('made');
  assert.equal(namespace?.metadata.labels?.['app.kubernetes.io/managed-by'], 'naas');
  // It stays when the Tenant goes: nobody owns it.
  assert.equal(namespace.metadata.ownerReferences, undefined);

  const editors = [await stage.as('ann'), await stage.as('bob', 'builders')];
  const viewers = [await stage.as('vic'), await stage.as('aud', 'auditors')];
  for (const who of [...editors, ...viewers]) await answers(who, interfaces('made'), 200);
  for (const who of editors)
    assert.equal((await who('POST', `${interfaces('made')}?dryRun=All`, REQUEST)).status, 201);
  for (const who of viewers)
    assert.equal((await who('POST', `${interfaces('made')}?dryRun=All`, REQUEST)).status, 403);
  const stranger = await stage.as('eve', 'others');
  assert.equal((await stranger('GET', interfaces('made'))).status, 403);
  for (const who of [...editors, ...viewers])
    assert.equal((await who('GET', '/api/v1/namespaces/made/configmaps/naas-limits')).status, 200);
});

test('S-56 a member sees neither another tenant’s namespace nor any Tenant nor who else is bound', async () => {
  await stage.apply('other', { members: members('Editor User zoe') });
  await stage.reason('other', 'Ready', 'Ready');
  const ann = await stage.as('ann');
  for (const path of [
    interfaces('other'),
    '/api/v1/namespaces/other/configmaps/naas-limits',
    '/apis/network.as.a.service/v1/tenants',
    '/apis/network.as.a.service/v1/tenants/made',
    `/apis/${RBAC}/v1/namespaces/made/rolebindings`,
  ])
    assert.equal((await ann('GET', path)).status, 403, path);
});

test('a namespace that is there is adopted as it is, with what is in it', async () => {
  const before = await namespaces.create({ metadata: { name: 'adopted', labels: { team: 'network' } } });
  const byHand = await bindByHand('adopted', 'members', 'naas-tenant');
  await stage.apply('adopted', { members: members('Editor User ann') });
  await stage.reason('adopted', 'Ready', 'Ready');
  const after = await stage.namespace('adopted');
  assert.deepEqual(after?.metadata.labels, before.metadata.labels);
  assert.equal(after?.metadata.ownerReferences, undefined);
  assert.deepEqual(await stage.binding('adopted', 'members'), byHand);
  await answers(await stage.as('hand'), interfaces('adopted'), 200);
});

test('a member who is taken out loses the rights, the last one with the binding', async () => {
  await stage.apply('leavers', { members: members('Editor User ann', 'Editor User bob') });
  await bound('leavers', 'naas-editors', ['User ann', 'User bob']);
  const bob = await stage.as('bob');
  await answers(bob, interfaces('leavers'), 200);
  await stage.apply('leavers', { members: members('Editor User ann') });
  await bound('leavers', 'naas-editors', ['User ann']);
  await answers(bob, interfaces('leavers'), 403);
  await stage.apply('leavers', { members: members('Viewer User ann') });
  await bound('leavers', 'naas-editors', undefined);
  await bound('leavers', 'naas-viewers', ['User ann']);
});

test('what somebody changes in a binding is put back; a binding that somebody deletes comes back', async () => {
  await stage.apply('edited', { members: members('Editor User ann') });
  await bound('edited', 'naas-editors', ['User ann']);
  const ref = { namespace: 'edited', name: 'naas-editors' };
  const intruder = [{ apiGroup: RBAC, kind: 'User', name: 'eve' }];
  await roleBindings.patch(ref, { subjects: intruder }, { type: 'merge' });
  await bound('edited', 'naas-editors', ['User ann']);

  const ours = await roleBindings.get(ref);
  await roleBindings.delete(ref);
  const again = await until('the binding is there again', () => stage.binding('edited', 'naas-editors'));
  assert.notEqual(again.metadata.uid, ours.metadata.uid);

  await roleBindings.patch(ref, { metadata: { labels: null } }, { type: 'merge' });
  await until('the label is there again', async () => {
    const { labels } = (await stage.binding('edited', 'naas-editors'))?.metadata ?? {};
    return labels?.['app.kubernetes.io/managed-by'] === 'tenant-controller';
  });
});

test('a binding made anew with another role, which cannot be changed, is replaced', async () => {
  await stage.apply('rerolled', { members: members('Editor User ann') });
  await bound('rerolled', 'naas-editors', ['User ann']);
  await stage.stop();
  const ref = { namespace: 'rerolled', name: 'naas-editors' };
  const ours = await roleBindings.get(ref);
  await roleBindings.delete(ref);
  const { labels = {}, ownerReferences = [] } = ours.metadata;
  await roleBindings.create({
    metadata: { ...ref, labels, ownerReferences },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: 'ann' }],
  });
  await stage.start();
  await until('the role is the tenants’ again', async () => {
    const { roleRef } = (await stage.binding('rerolled', 'naas-editors')) ?? {};
    return roleRef?.name === 'naas-tenant';
  });
});

test('a binding by hand that has our name is not touched: the Tenant says so, and goes on when it is gone', async () => {
  await namespaces.create({ metadata: { name: 'taken' } });
  const byHand = await bindByHand('taken', 'naas-editors', 'naas-tenant');
  await stage.apply('taken', { members: members('Editor User ann', 'Viewer User vic') });
  const { message } = await stage.reason('taken', 'Ready', 'NameTaken');
  assert.equal(
    message,
    'RoleBinding naas-editors in namespace taken was made by somebody else: rename or delete it',
  );
  assert.deepEqual(await stage.binding('taken', 'naas-editors'), byHand);
  // One name that is taken keeps nobody else out.
  await bound('taken', 'naas-viewers', ['User vic']);
  await roleBindings.delete({ namespace: 'taken', name: 'naas-editors' });
  await stage.reason('taken', 'Ready', 'Ready');
  await bound('taken', 'naas-editors', ['User ann']);
});

test('S-59 a Tenant cannot bind names of the system', async () => {
  for (const text of ['Editor Group system:authenticated', 'Editor User system:anonymous'])
    await assert.rejects(
      stage.apply('system', { members: members(text) }),
      /must not be a name of the system/,
    );
  assert.equal(await stage.namespace('system'), undefined);
});

test('a Tenant that is deleted takes its bindings away, even while no controller runs; namespace and hand-made ones stay', async () => {
  await stage.apply('deleted', { members: members('Editor User ann', 'Viewer User vic') });
  await stage.reason('deleted', 'Ready', 'Ready');
  const byHand = await bindByHand('deleted', 'members', 'naas-tenant-viewer');
  const ann = await stage.as('ann');
  await answers(ann, interfaces('deleted'), 200);
  await stage.stop();
  await tenants.delete({ name: 'deleted' });
  await bound('deleted', 'naas-editors', undefined);
  await bound('deleted', 'naas-viewers', undefined);
  await until('the limits are gone', async () => (await stage.limits('deleted')) === undefined);
  await answers(ann, interfaces('deleted'), 403);
  assert.deepEqual(await stage.binding('deleted', 'members'), byHand);
  assert.equal((await stage.namespace('deleted'))?.status?.phase, 'Active');

  // What changed meanwhile is found by the next controller.
  await stage.apply('deleted', { members: members('Viewer User ann') });
  await stage.start();
  await bound('deleted', 'naas-viewers', ['User ann']);
  const { uid } = (await stage.tenant('deleted'))?.metadata ?? {};
  const { ownerReferences } = (await stage.binding('deleted', 'naas-viewers'))?.metadata ?? {};
  assert.deepEqual(
    ownerReferences?.map((owner) => owner.uid),
    [uid],
  );
});

test('rights go as soon as a Tenant is being deleted, though a finalizer of others still holds it', async () => {
  await stage.apply('held', { members: members('Editor User ann') });
  await stage.reason('held', 'Ready', 'Ready');
  const finalizers = (list: string[] | null) =>
    tenants.patch({ name: 'held' }, { metadata: { finalizers: list } }, { type: 'merge' });
  await finalizers(['example.com/audit']);
  await tenants.delete({ name: 'held' });
  await bound('held', 'naas-editors', undefined);
  assert.notEqual(await stage.tenant('held'), undefined);
  await finalizers(null);
  await until('the Tenant is gone', async () => (await stage.tenant('held')) === undefined);
});

test('a namespace that somebody deletes is made anew when it is gone', async () => {
  await stage.apply('again', { members: members('Editor User ann') });
  await stage.reason('again', 'Ready', 'Ready');
  const first = await stage.namespace('again');
  await namespaces.delete({ name: 'again' });
  await until('another namespace', async () => {
    const found = await stage.namespace('again');
    return found !== undefined && found.metadata.uid !== first?.metadata.uid;
  });
  await bound('again', 'naas-editors', ['User ann']);
});

test('R7: two controllers at once do no harm', async () => {
  await stage.start();
  await stage.apply('both', { members: members('Editor User ann', 'Viewer User vic') });
  await bound('both', 'naas-viewers', ['User vic']);
  await stage.apply('both', { members: members('Editor User bob') });
  await bound('both', 'naas-editors', ['User bob']);
  await bound('both', 'naas-viewers', undefined);
  await stage.reason('both', 'Ready', 'Ready');
});

test('S-60 every write of the controller is one of these, in a tenant’s namespace, owned by its Tenant or by nobody', () => {
  const rbac = `/apis/${RBAC}/v1/namespaces/NAME/rolebindings`;
  const kinds = new Set(
    stage.writes.map(
      ({ method, path }) => `${method} ${path.replace(/\/(namespaces|tenants)\/[a-z]+/, '/$1/NAME')}`,
    ),
  );
  const expected = [
    'POST /api/v1/namespaces',
    'PUT /apis/network.as.a.service/v1/tenants/NAME/status',
    'PATCH /api/v1/namespaces/NAME/configmaps/naas-limits',
    'PUT /api/v1/namespaces/NAME/configmaps/naas-limits',
    'DELETE /api/v1/namespaces/NAME/configmaps/naas-limits',
    ...['naas-editors', 'naas-viewers'].flatMap((name) =>
      ['PATCH', 'PUT', 'DELETE'].map((method) => `${method} ${rbac}/${name}`),
    ),
  ];
  assert.deepEqual(
    [...kinds].filter((kind) => !expected.includes(kind)),
    [],
  );
  assert.ok(kinds.size >= 8, 'the tests above make the controller write nearly everything that it can');
  for (const { method, path, body } of stage.writes) {
    if (method === 'DELETE' || path.endsWith('/status')) continue;
    const { metadata } = body as {
      metadata: { name: string; namespace?: string; ownerReferences?: object[] };
    };
    const owners = metadata.ownerReferences?.map((owner) => ({ ...owner, uid: '' }));
    if (path === '/api/v1/namespaces') {
      assert.equal(owners, undefined);
      continue;
    }
    const name = metadata.namespace;
    const tenant = { apiVersion: 'network.as.a.service/v1', kind: 'Tenant', name, uid: '', controller: true };
    assert.deepEqual(owners, [tenant], path);
  }
});
