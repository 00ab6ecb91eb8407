import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { API_VERSION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { apiCaller, type ApiAnswer } from '../support/api-caller.ts';
import { apiServer } from '../support/api-server.ts';
import { kubectl } from '../support/kubectl.ts';
import { TOP } from './device-cases.ts';
import { interfaceWatcher } from './platform-users.ts';

const controlPlane = await apiServer({ controllerManager: false });
const admin = await apiCaller(controlPlane.kubeconfig);
const watcher = await interfaceWatcher(controlPlane);
after(() => [admin, watcher].forEach((caller) => caller.close()));

const DEVICES = `/apis/${API_VERSION}/namespaces/${PLATFORM_NAMESPACE}/devices`;
const WATCHERS_ONLY = /Devices are written by the interface-watcher only: apply an Interface instead/;

function device(name: string, spec: object = { '1': TOP }, namespace = PLATFORM_NAMESPACE) {
  return { apiVersion: API_VERSION, kind: 'Device', metadata: { name, namespace }, spec };
}

async function create(name: string): Promise<ApiAnswer['body']> {
  const { status, body } = await watcher('POST', DEVICES, device(name));
  assert.equal(status, 201, body.message);
  return body;
}

function assertDenied({ status, body }: ApiAnswer): void {
  assert.equal(status, 403, `${status} ${JSON.stringify(body)}`);
  assert.equal(body.reason, 'Forbidden');
  assert.match(body.message, WATCHERS_ONLY);
}

describe('a Device', () => {
  it('is created, replaced and deleted by the interface-watcher', async () => {
    const stored = await create('watcher');
    const replaced = await watcher('PUT', `${DEVICES}/watcher`, { ...stored, spec: {} });
    assert.equal(replaced.status, 200, replaced.body.message);
    assert.equal((await watcher('DELETE', `${DEVICES}/watcher`)).status, 200);
    assert.equal((await admin('GET', `${DEVICES}/watcher`)).status, 404);
  });

  it('S-44 is written by nobody else, whatever RBAC allows: an administrator stands for all', async () => {
    const stored = await create('admin');
    const path = `${DEVICES}/admin`;
    assertDenied(await admin('POST', DEVICES, device('by-admin')));
    assertDenied(await admin('PUT', path, { ...stored, spec: {} }));
    assertDenied(await admin('PATCH', path, { spec: { '1': null } }, 'application/merge-patch+json'));
    assertDenied(
      await admin('PATCH', path, [{ op: 'remove', path: '/spec/1' }], 'application/json-patch+json'),
    );
    const apply = `${path}?fieldManager=admin&force=true`;
    assertDenied(await admin('PATCH', apply, device('admin', {}), 'application/apply-patch+yaml'));
    const created = `${DEVICES}/by-apply?fieldManager=admin`;
    assertDenied(await admin('PATCH', created, device('by-apply'), 'application/apply-patch+yaml'));
    assertDenied(
      await admin('PATCH', path, { metadata: { finalizers: [] } }, 'application/merge-patch+json'),
    );
    assertDenied(await admin('DELETE', path));
    const collection = await admin('DELETE', DEVICES);
    assert.equal(collection.status, 403);
    assert.deepEqual((await admin('GET', path)).body.spec, { '1': TOP });
  });

  it('S-44 is not written in another namespace either', async () => {
    assertDenied(
      await admin(
        'POST',
        `/apis/${API_VERSION}/namespaces/default/devices`,
        device('elsewhere', {}, 'default'),
      ),
    );
  });

  for (const [who, user] of Object.entries({
    'a namesake of the interface-watcher in another namespace': {
      name: 'system:serviceaccount:tenant-a:interface-watcher',
    },
    'a user who calls himself interface-watcher': { name: 'interface-watcher' },
    'another service': { name: `system:serviceaccount:${PLATFORM_NAMESPACE}:scheduler` },
    'a user named like the break-glass group': { name: 'naas:break-glass' },
    'a member of a group of a like name': { name: 'mallory', groups: ['naas:break-glass:not'] },
  })) {
    it(`S-44 is not written by ${who}, though group system:masters`, async () => {
      const groups = ['system:masters', ...('groups' in user ? user.groups : [])];
      const caller = await apiCaller(await controlPlane.kubeconfigFor({ name: user.name, groups }));
      try {
        assertDenied(await caller('POST', `${DEVICES}?dryRun=All`, device('mallory')));
      } finally {
        caller.close();
      }
    });
  }

  it('is written in an emergency by the break-glass group', async () => {
    await create('emergency');
    const kubeconfig = await controlPlane.kubeconfigFor({
      name: 'oncall@example.com',
      groups: ['system:masters', 'naas:break-glass'],
    });
    const patch = ['patch', 'dev', 'emergency', '-n', PLATFORM_NAMESPACE, '--type=json', '-p'];
    const emptied = await kubectl(kubeconfig, [...patch, '[{"op": "remove", "path": "/spec/1"}]']);
    assert.equal(emptied.code, 0, emptied.stderr);
    const deleted = await kubectl(kubeconfig, ['delete', 'dev', 'emergency', '-n', PLATFORM_NAMESPACE]);
    assert.equal(deleted.code, 0, deleted.stderr);
    const created = await kubectl(kubeconfig, ['create', '-f', '-'], JSON.stringify(device('emergency')));
    assert.equal(created.code, 0, created.stderr);
  });

  it('tells kubectl what to do instead', async () => {
    await create('edit');
    const args = ['label', 'dev', 'edit', '-n', PLATFORM_NAMESPACE, 'a=b'];
    const { code, stderr } = await kubectl(controlPlane.kubeconfig, args);
    assert.equal(code, 1);
    assert.match(stderr, WATCHERS_ONLY);
    assert.match(stderr, /act as a member of group naas:break-glass/);
  });

  it('takes status from others: who may write that is RBAC’s matter', async () => {
    const stored = await create('status');
    const status = { attempted: { epoch: 1 } };
    const { status: code, body } = await admin('PUT', `${DEVICES}/status/status`, { ...stored, status });
    assert.equal(code, 200, body.message);
  });
});

describe('a tenant', () => {
  const TENANT = 'tenant-a';

  it('S-44 cannot write or read what the platform keeps', async () => {
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'tenant', namespace: TENANT },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'naas-tenant' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'user@tenant-a.example' }],
    };
    const made = [
      await admin('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: TENANT },
      }),
      await admin('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${TENANT}/rolebindings`, binding),
    ];
    for (const { status, body } of made) assert.equal(status, 201, body.message);
    await create('devicea');
    const kubeconfig = await controlPlane.kubeconfigFor({
      name: 'user@tenant-a.example',
      groups: ['tenants'],
    });
    const tenant = await apiCaller(kubeconfig);
    const interfaces = `/apis/${API_VERSION}/namespaces/${TENANT}/interfaces`;
    const spec = { services: [{ devicename: 'deviceA', ports: [1], vlan: 10 }] };
    const request = (namespace: string) => ({
      apiVersion: API_VERSION,
      kind: 'Interface',
      metadata: { name: 'request-001', namespace },
      spec,
    });
    try {
      // Its own requests, so that the refusals below say something.
      assert.equal((await tenant('POST', interfaces, request(TENANT))).status, 201);
      assert.equal((await tenant('GET', interfaces)).status, 200);

      const plain = (apiVersion: string, kind: string) => ({ apiVersion, kind, metadata: { name: 'evil' } });
      const job = {
        ...plain('batch/v1', 'Job'),
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
      };
      const system = `/api/v1/namespaces/${PLATFORM_NAMESPACE}`;
      const forbidden = [
        await tenant('POST', DEVICES, device('evil')),
        await tenant('POST', `/apis/${API_VERSION}/namespaces/${TENANT}/devices`, device('evil', {}, TENANT)),
        await tenant('PATCH', `${DEVICES}/devicea`, { spec: {} }, 'application/merge-patch+json'),
        await tenant('PATCH', `${DEVICES}/devicea/status`, { status: {} }, 'application/merge-patch+json'),
        await tenant('DELETE', `${DEVICES}/devicea`),
        await tenant('GET', `${DEVICES}/devicea`),
        await tenant('POST', `${system}/configmaps`, plain('v1', 'ConfigMap')),
        await tenant('GET', `${system}/configmaps`),
        await tenant('POST', `/api/v1/namespaces/${TENANT}/configmaps`, plain('v1', 'ConfigMap')),
        await tenant('POST', `${system}/secrets`, plain('v1', 'Secret')),
        await tenant('GET', `${system}/secrets/inventory`),
        await tenant('GET', `/api/v1/namespaces/${TENANT}/secrets`),
        await tenant('POST', `/apis/batch/v1/namespaces/${PLATFORM_NAMESPACE}/jobs`, job),
        await tenant('POST', `/apis/batch/v1/namespaces/${TENANT}/jobs`, job),
        await tenant('GET', `/apis/${API_VERSION}/namespaces/default/interfaces`),
        await tenant('POST', `/apis/${API_VERSION}/namespaces/default/interfaces`, request('default')),
      ];
      assert.deepEqual(
        forbidden.map(({ status }) => status),
        forbidden.map(() => 403),
      );
    } finally {
      tenant.close();
    }
  });

  it('S-44 as a viewer reads requests and writes none', async () => {
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'viewer', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'naas-tenant-viewer' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'viewer@tenant-a.example' }],
    };
    const bound = await admin(
      'POST',
      '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
      binding,
    );
    assert.equal(bound.status, 201, bound.body.message);
    const kubeconfig = await controlPlane.kubeconfigFor({ name: 'viewer@tenant-a.example' });
    const can = async (...args: string[]) =>
      (await kubectl(kubeconfig, ['auth', 'can-i', ...args])).stdout.trim();
    for (const verb of ['get', 'list', 'watch']) assert.equal(await can(verb, 'intf'), 'yes', verb);
    for (const verb of ['create', 'update', 'patch', 'delete'])
      assert.equal(await can(verb, 'intf'), 'no', verb);
    assert.equal(await can('update', 'intf', '--subresource=status'), 'no');
  });
});
