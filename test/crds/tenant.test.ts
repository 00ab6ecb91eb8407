import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { parse } from 'yaml';
import { API_VERSION } from '../../crds/names.ts';
import { apiCaller } from '../support/api-caller.ts';
import { apiServer } from '../support/api-server.ts';
import { kubectl } from '../support/kubectl.ts';
import { assertRefused } from './interface-api.ts';
import { ACCEPTED, REFUSED } from './tenant-cases.ts';

const TENANTS = `/apis/${API_VERSION}/tenants`;
const controlPlane = await apiServer({ controllerManager: false });
const admin = await apiCaller(controlPlane.kubeconfig);
after(() => admin.close());

const tenant = (name: string, spec: unknown = {}) => ({
  apiVersion: API_VERSION,
  kind: 'Tenant',
  metadata: { name },
  spec,
});
const dryRun = (body: unknown) => admin('POST', `${TENANTS}?dryRun=All&fieldValidation=Strict`, body);

describe('the schema of Tenant takes', () => {
  for (const { name, spec } of ACCEPTED) {
    it(name, async () => {
      const { status, body } = await dryRun(tenant('tenant-a', spec));
      assert.equal(status, 201, body.message);
      assert.deepEqual(body.spec, JSON.parse(JSON.stringify(spec)));
    });
  }

  it('the sample', async () => {
    const text = await readFile(new URL('../../crds/samples/tenant-c.yaml', import.meta.url), 'utf8');
    const { status, body } = await dryRun(parse(text));
    assert.equal(status, 201, body.message);
  });

  it('a name of 63 characters', async () => {
    assert.equal((await dryRun(tenant('t'.repeat(63)))).status, 201);
  });
});

describe('the schema of Tenant refuses', () => {
  for (const { name, spec, field, message } of REFUSED) {
    it(name, async () => assertRefused(await dryRun(tenant('tenant-a', spec)), field, message));
  }

  it('a body without spec', async () => {
    const { spec: _, ...rest } = tenant('tenant-a');
    assertRefused(await dryRun(rest), 'spec', 'Required value');
  });

  for (const name of ['tenant.a', 't'.repeat(64)]) {
    it(`a name that no namespace can have: ${name.slice(0, 8)}`, async () => {
      const { status, body } = await dryRun(tenant(name));
      assert.equal(status, 422);
      assert.match(body.message, /must be a DNS label of at most 63 characters/);
    });
  }

  for (const name of ['default', 'kube-system', 'kube-public', 'kube-anything', 'naas-system']) {
    it(`S-35 ${name}, a namespace of the system`, async () => {
      const { status, body } = await dryRun(tenant(name));
      assert.equal(status, 422);
      assert.match(body.message, /must not be a namespace of the system/);
    });
  }
});

describe('the status of Tenant', () => {
  it('says Unknown Pending since 1970 on a new object, so that nobody takes it for finished', async () => {
    const { status, body } = await admin('POST', TENANTS, tenant('new'));
    assert.equal(status, 201, body.message);
    assert.deepEqual(body.status, {
      conditions: [
        {
          type: 'Ready',
          status: 'Unknown',
          reason: 'Pending',
          message: 'Waiting for the tenant controller',
          lastTransitionTime: '1970-01-01T00:00:00Z',
        },
      ],
    });
  });

  it('is shown by kubectl get with usage beside the limit', async () => {
    const { body: stored } = await admin('POST', TENANTS, tenant('columns', { maxPorts: 8 }));
    const condition = { lastTransitionTime: '2026-01-02T03:04:05Z', observedGeneration: 1 };
    const { status, body } = await admin('PUT', `${TENANTS}/columns/status`, {
      ...stored,
      status: {
        observedGeneration: 1,
        usage: { ports: 9, devices: 2, requests: 3 },
        conditions: [
          { type: 'Ready', status: 'True', reason: 'Ready', message: 'All is set up', ...condition },
          { type: 'OverLimit', status: 'True', reason: 'PortLimitExceeded', message: '9 of 8', ...condition },
        ],
      },
    });
    assert.equal(status, 200, body.message);
    const { stdout } = await kubectl(controlPlane.kubeconfig, ['get', 'tn', 'columns', '--output=wide']);
    const [titles, values] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    assert.deepEqual(titles, [
      ...['NAME', 'PORTS', 'LIMIT', 'DEVICES', 'REQUESTS', 'READY', 'REASON', 'OVERLIMIT', 'AGE', 'MESSAGE'],
      'OVER',
    ]);
    const shown = values?.filter((_, index) => titles?.[index] !== 'AGE');
    assert.deepEqual(shown, [
      'columns',
      '9',
      '8',
      '2',
      '3',
      'True',
      'Ready',
      'True',
      'All is set up',
      '9 of 8',
    ]);
  });
});
