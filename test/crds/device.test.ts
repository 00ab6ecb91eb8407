import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { API_VERSION, LEAVING_ANNOTATION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { DeviceStatus, Ledger } from '../../crds/types.gen.ts';
import { apiCaller, type ApiAnswer } from '../support/api-caller.ts';
import { apiServer } from '../support/api-server.ts';
import { kubectl } from '../support/kubectl.ts';
import { ACCEPTED, CONFIRMED, REFUSED, RESERVED, RESERVED_ONLY, SHADOWED, TOP } from './device-cases.ts';
import { enforcer, interfaceWatcher } from './platform-users.ts';

const controlPlane = await apiServer({ controllerManager: false });
const admin = await apiCaller(controlPlane.kubeconfig);
const watcher = await interfaceWatcher(controlPlane);
const pusher = await enforcer(controlPlane);
after(() => [admin, watcher, pusher].forEach((caller) => caller.close()));

const DEVICES = `/apis/${API_VERSION}/namespaces/${PLATFORM_NAMESPACE}/devices`;

function device(name: string, spec: unknown, metadata: object = {}) {
  return { apiVersion: API_VERSION, kind: 'Device', metadata: { ...metadata, name }, spec };
}

async function create(name: string, spec: Ledger): Promise<ApiAnswer['body']> {
  const { status, body } = await watcher('POST', DEVICES, device(name, spec));
  assert.equal(status, 201, body.message);
  return body;
}

/** Replaces the ledger of a stored Device, as the interface-watcher does: conditional on its version. */
function replace(stored: ApiAnswer['body'], spec: Ledger): Promise<ApiAnswer> {
  return watcher('PUT', `${DEVICES}/${stored.metadata.name}`, { ...stored, spec });
}

function assertRefused({ status, body }: ApiAnswer, message: string): void {
  assert.equal(status, 422, `${status} ${JSON.stringify(body).slice(0, 500)}`);
  assert.ok(body.message.includes(message), body.message.slice(0, 500));
}

describe('the schema of Device takes', () => {
  for (const [name, ledger] of Object.entries(ACCEPTED)) {
    it(name, async () => {
      const { status, body } = await watcher(
        'POST',
        `${DEVICES}?dryRun=All&fieldValidation=Strict`,
        device('good', ledger),
      );
      assert.equal(status, 201, body.message);
      assert.deepEqual(body.spec, ledger);
    });
  }
});

describe('the schema of Device refuses', () => {
  for (const [name, { ledger, message }] of Object.entries(REFUSED)) {
    it(name, async () => {
      assertRefused(await watcher('POST', `${DEVICES}?dryRun=All`, device('bad', ledger)), message);
    });
  }

  it('a Device without a ledger', async () => {
    assertRefused(
      await watcher('POST', `${DEVICES}?dryRun=All`, device('bad', undefined)),
      'spec: Required value',
    );
  });

  it('the same on update', async () => {
    const stored = await create('update', { '1': TOP });
    for (const [name, { ledger, message }] of Object.entries(REFUSED)) {
      const answer = await watcher('PUT', `${DEVICES}/update?dryRun=All`, { ...stored, spec: ledger });
      assert.equal(answer.status, 422, name);
      assert.ok(answer.body.message.includes(message), `${name}: ${answer.body.message.slice(0, 500)}`);
    }
  });
});

describe('a port passes from namespace to namespace', () => {
  const PASSED = 'a port passes from one namespace to another only through being free';
  const toOther = { ...TOP, annotations: { ...TOP.annotations, namespace: 'tenant-b' } };

  it('never in one write, not even by the interface-watcher', async () => {
    const stored = await create('passing', { '1': TOP, '2': TOP });
    assertRefused(await replace(stored, { '1': toOther, '2': TOP }), PASSED);
    const patch = { spec: { '1': { annotations: { namespace: 'tenant-b' } } } };
    assertRefused(
      await watcher('PATCH', `${DEVICES}/passing`, patch, 'application/merge-patch+json'),
      PASSED,
    );
    const json = [{ op: 'replace', path: '/spec/1/annotations/namespace', value: 'tenant-b' }];
    assertRefused(await watcher('PATCH', `${DEVICES}/passing`, json, 'application/json-patch+json'), PASSED);
    const swap = [
      { op: 'remove', path: '/spec/1' },
      { op: 'add', path: '/spec/1', value: toOther },
    ];
    assertRefused(await watcher('PATCH', `${DEVICES}/passing`, swap, 'application/json-patch+json'), PASSED);
    assertRefused(
      await watcher(
        'PATCH',
        `${DEVICES}/passing?fieldManager=other&force=true`,
        device('passing', { '1': toOther }),
        'application/apply-patch+yaml',
      ),
      PASSED,
    );
    assert.deepEqual((await admin('GET', `${DEVICES}/passing`)).body.spec, { '1': TOP, '2': TOP });
  });

  it('not while it is only reserved either', async () => {
    const stored = await create('passing-reserved', { '20': RESERVED_ONLY });
    assertRefused(
      await replace(stored, { '20': { ...RESERVED_ONLY, annotations: { namespace: 'tenant-a' } } }),
      PASSED,
    );
  });

  it('in two writes', async () => {
    const stored = await create('freed', { '1': TOP, '2': TOP });
    const freed = await replace(stored, { '2': TOP });
    assert.equal(freed.status, 200, freed.body.message);
    const taken = await replace(freed.body, { '1': toOther, '2': TOP });
    assert.equal(taken.status, 200, taken.body.message);
    assert.equal(taken.body.spec['1'].annotations.namespace, 'tenant-b');
    assert.equal(taken.body.metadata.generation, 3);
  });

  it('while claims of one namespace change freely', async () => {
    const stored = await create('within', { '1': { ...TOP, others: [RESERVED] } });
    const top = { ...TOP, vlan: 99, annotations: { ...TOP.annotations, owner: 'request-009', since: 9 } };
    const { status, body } = await replace(stored, { '1': { ...top, others: [SHADOWED] }, '2': TOP });
    assert.equal(status, 200, body.message);
  });
});

describe('the ledger of a whole switch', () => {
  const ledger: Ledger = Object.fromEntries(
    Array.from({ length: 100 }, (_, port) => [String(port + 1), TOP]),
  );
  const status: DeviceStatus = {
    confirmed: Object.fromEntries(Object.keys(ledger).map((port) => [port, CONFIRMED])),
  };

  it('costs no managedFields per port: spec and confirmed are atomic', async () => {
    const stored = await create('whole', ledger);
    const updated = await pusher('PUT', `${DEVICES}/whole/status`, { ...stored, status });
    assert.equal(updated.status, 200, updated.body.message);
    const managed: { fieldsV1: Record<string, unknown> }[] = updated.body.metadata.managedFields;
    assert.deepEqual(
      managed.map(({ fieldsV1 }) => fieldsV1),
      [{ 'f:spec': {} }, { 'f:status': { '.': {}, 'f:confirmed': {} } }],
    );
    assert.ok(JSON.stringify(managed).length < 600);
  });

  it('is refused in an old version of itself', async () => {
    const stored = await create('conflict', { '1': TOP });
    assert.equal((await replace(stored, { '1': TOP, '2': TOP })).status, 200);
    const late = await replace(stored, { '3': TOP });
    assert.equal(late.status, 409);
    assert.equal(late.body.reason, 'Conflict');
  });
});

describe('the status of Device', () => {
  it('is written by whom RBAC allows, without a word about the ledger', async () => {
    const stored = await create('status', { '1': TOP });
    const attempted = { epoch: 3, outcome: 'unreachable', at: '2026-01-02T03:04:05Z' };
    const { status, body } = await pusher('PUT', `${DEVICES}/status/status`, {
      ...stored,
      status: { attempted },
    });
    assert.equal(status, 200, body.message);
    assert.deepEqual(body.status.attempted, attempted);
  });

  it('S-36 alters neither ledger nor metadata when it is written', async () => {
    const stored = await create('s-36', { '1': TOP });
    const evil = {
      annotations: { [LEAVING_ANNOTATION]: '{}' },
      labels: { evil: 'yes' },
      finalizers: ['evil.example/x'],
    };
    const put = await pusher('PUT', `${DEVICES}/s-36/status`, {
      ...stored,
      metadata: { ...stored.metadata, ...evil },
      spec: {},
      status: { observedGeneration: 1 },
    });
    assert.equal(put.status, 200, put.body.message);
    const patch = { metadata: evil, spec: { '1': null }, status: { observedGeneration: 2 } };
    const patched = await pusher('PATCH', `${DEVICES}/s-36/status`, patch, 'application/merge-patch+json');
    assert.equal(patched.status, 200, patched.body.message);
    const now = (await admin('GET', `${DEVICES}/s-36`)).body;
    assert.deepEqual(now.spec, { '1': TOP });
    assert.equal(now.metadata.generation, 1);
    assert.equal(now.status.observedGeneration, 2);
    for (const field of Object.keys(evil))
      assert.ok(!(field in now.metadata), `${field} was written through /status`);
  });

  it('is not written with the ledger', async () => {
    const stored = await create('both', {});
    const { body } = await watcher('PUT', `${DEVICES}/both`, {
      ...stored,
      status: { attempted: { epoch: 9 } },
    });
    assert.ok(!('attempted' in (body.status ?? {})));
  });

  for (const [name, status] of Object.entries({
    'an unknown outcome': { attempted: { epoch: 1, outcome: 'fine' } },
    'a try without epoch': { attempted: { outcome: 'applied' } },
    'a half confirmed claim': { confirmed: { '1': { vlan: 10 } } },
    'a hold without a reason': {
      held: [{ uid: 'u', generation: 1, message: '', tries: 1, since: '2026-01-02T03:04:05Z' }],
    },
    'a condition that is neither True, False nor Unknown': {
      conditions: [
        {
          type: 'Ready',
          status: 'yes',
          reason: 'x',
          message: '',
          lastTransitionTime: '2026-01-02T03:04:05Z',
        },
      ],
    },
  })) {
    it(`does not take ${name}`, async () => {
      const stored = (await admin('GET', `${DEVICES}/bad-status`)).body;
      const known = stored.kind === 'Device' ? stored : await create('bad-status', {});
      const answer = await pusher('PUT', `${DEVICES}/bad-status/status`, { ...known, status });
      assert.equal(answer.status, 422, answer.body.message);
    });
  }

  it('is shown by kubectl get dev', async () => {
    const stored = await create('columns', { '1': TOP });
    const at = new Date(Date.now() - 90_000).toISOString();
    const condition = { lastTransitionTime: at, message: '' };
    const answer = await pusher('PUT', `${DEVICES}/columns/status`, {
      ...stored,
      status: {
        platform: 'eos',
        summary: { ports: '16/54', tenants: 2 },
        applied: { uid: stored.metadata.uid, generation: 1, platform: 'sha256:0', configHash: 'h1:0', at },
        conditions: [
          { type: 'Ready', status: 'True', reason: 'Ready', ...condition },
          { type: 'InSync', status: 'True', reason: 'InSync', ...condition },
        ],
      },
    });
    assert.equal(answer.status, 200, answer.body.message);
    const { stdout } = await kubectl(controlPlane.kubeconfig, [
      'get',
      'dev',
      'columns',
      '-n',
      PLATFORM_NAMESPACE,
    ]);
    const [titles, values] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    assert.deepEqual(titles, [
      'NAME',
      'PLATFORM',
      'PORTS',
      'TENANTS',
      'READY',
      'REASON',
      'INSYNC',
      'APPLIED',
    ]);
    assert.deepEqual(values?.slice(0, -1), ['columns', 'eos', '16/54', '2', 'True', 'Ready', 'True']);
    assert.match(values?.at(-1) ?? '', /^\d+s$|^1m/);
  });
});
