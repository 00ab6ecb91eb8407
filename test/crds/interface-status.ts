import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GROUP } from '../../crds/names.ts';
import { apiCaller } from '../support/api-caller.ts';
import { kubectl } from '../support/kubectl.ts';
import { INTERFACES, request, type InterfaceApi } from './interface-api.ts';

/** What a status is before the platform writes it, how it is shown, and who may write it. */
export function statusCases({ controlPlane, admin, create }: InterfaceApi): void {
  describe('the status of Interface', () => {
    it('says Unknown Pending since 1970 on a new object, so that nobody takes it for finished', async () => {
      const stored = await create(request('new', {}));
      assert.deepEqual(stored.status, {
        conditions: [
          {
            type: 'Ready',
            status: 'Unknown',
            reason: 'Pending',
            message: 'Waiting for the platform',
            lastTransitionTime: '1970-01-01T00:00:00Z',
          },
        ],
      });
      const wait = await kubectl(controlPlane.kubeconfig, [
        'wait',
        '--for=condition=Ready',
        '--timeout=1s',
        'intf/new',
      ]);
      assert.equal(wait.code, 1);
    });

    it('is shown by kubectl get in the columns of the API, VLANs and message when asked for', async () => {
      const { metadata } = await create(request('columns', {}));
      const condition = {
        lastTransitionTime: '2026-01-02T03:04:05Z',
        observedGeneration: 1,
        message: 'On both switches',
      };
      const { status, body } = await admin('PUT', `${INTERFACES}/columns/status`, {
        ...request('columns', {}),
        metadata,
        status: {
          observedGeneration: 1,
          summary: { devices: 'devicea,deviceb +3', ports: '16/31', vlans: '10,110' },
          conditions: [
            { type: 'Ready', status: 'True', reason: 'Ready', ...condition },
            { type: 'InSync', status: 'False', reason: 'Drifted', ...condition },
          ],
        },
      });
      assert.equal(status, 200, body.message);
      const rows = async (...args: string[]) => {
        const { stdout } = await kubectl(controlPlane.kubeconfig, ['get', ...args]);
        return stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.trim().split(/ {2,}/));
      };
      const [titles, values] = await rows('intf', 'columns');
      assert.deepEqual(titles, ['NAME', 'DEVICES', 'PORTS', 'READY', 'REASON', 'INSYNC', 'AGE']);
      assert.deepEqual(values?.slice(0, -1), [
        'columns',
        'devicea,deviceb +3',
        '16/31',
        'True',
        'Ready',
        'False',
      ]);
      const [wideTitles, wideValues] = await rows('interfaces', 'columns', '--output=wide');
      assert.deepEqual(wideTitles?.slice(-2), ['VLANS', 'MESSAGE']);
      assert.deepEqual(wideValues?.slice(-2), ['10,110', 'On both switches']);
      const category = await kubectl(controlPlane.kubeconfig, ['get', 'naas', '--output=name']);
      assert.match(category.stdout, /^interface\.network\.as\.a\.service\/columns$/m);
    });

    it('S-36 is not a tenant’s to write: not by create, update, patch, or the subresource', async () => {
      const name = 's-36';
      const forged = {
        claim: {
          attempt: 9,
          accepted: { generation: 1, timestamp: '2026-01-01T00:00:00Z' },
          devices: ['deviceA'],
        },
      };
      const binding = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'tenant' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'naas-tenant' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'user@tenant-a.example' }],
      };
      const bound = await admin(
        'POST',
        '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
        binding,
      );
      assert.equal(bound.status, 201);
      const tenant = await apiCaller(await controlPlane.kubeconfigFor({ name: 'user@tenant-a.example' }));
      try {
        const created = await tenant('POST', INTERFACES, { ...request(name, {}), status: forged });
        assert.equal(created.status, 201, created.body.message);
        const { metadata, status: pending } = created.body;
        assert.ok(!('claim' in pending));

        const path = `${INTERFACES}/${name}`;
        const body = { ...request(name, { vlan: 11 }), metadata, status: forged };
        const replaced = await tenant('PUT', path, body);
        assert.equal(replaced.status, 200, replaced.body.message);
        assert.equal(replaced.body.spec.services[0].vlan, 11);
        assert.deepEqual(replaced.body.status, pending);
        const patched = await tenant('PATCH', path, { status: forged }, 'application/merge-patch+json');
        assert.equal(patched.status, 200);
        assert.deepEqual(patched.body.status, pending);
        const applied = await tenant(
          'PATCH',
          `${path}?fieldManager=evil&force=true`,
          { ...request(name, { vlan: 12 }), status: forged },
          'application/apply-patch+yaml',
        );
        assert.equal(applied.status, 200);
        assert.deepEqual(applied.body.status, pending);

        const byStatus = [
          await tenant('PUT', `${path}/status`, body),
          await tenant('PATCH', `${path}/status`, { status: forged }, 'application/merge-patch+json'),
          await tenant(
            'PATCH',
            `${path}/status?fieldManager=evil`,
            { ...body },
            'application/apply-patch+yaml',
          ),
        ];
        assert.deepEqual(
          byStatus.map(({ status }) => status),
          [403, 403, 403],
        );
        assert.deepEqual((await tenant('GET', path)).body.status, pending);
      } finally {
        tenant.close();
      }
    });

    it('S-36 a write of /status alters neither spec nor metadata', async () => {
      const created = await create(request('s-36-metadata', {}));
      const path = `${INTERFACES}/s-36-metadata`;
      const evil = {
        labels: { evil: 'yes' },
        annotations: { evil: 'yes' },
        finalizers: [`${GROUP}/evil`],
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }],
      };
      const status = { ...created.status, observedGeneration: 5 };
      const put = await admin('PUT', `${path}/status`, {
        ...request('s-36-metadata', { vlan: 666 }),
        metadata: { ...created.metadata, ...evil },
        status,
      });
      assert.equal(put.status, 200, put.body.message);
      const patch = await admin(
        'PATCH',
        `${path}/status`,
        { metadata: evil, spec: { services: [] }, status: { observedGeneration: 6 } },
        'application/merge-patch+json',
      );
      assert.equal(patch.status, 200, patch.body.message);

      const { metadata, spec, status: now } = (await admin('GET', path)).body;
      assert.equal(now.observedGeneration, 6);
      assert.deepEqual(spec, created.spec);
      assert.equal(metadata.generation, 1);
      for (const field of Object.keys(evil))
        assert.ok(!(field in metadata), `${field} was written through /status`);
    });
  });
}
