import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TenantSpec } from '../../crds/types.gen.ts';
import { until } from '../support/until.ts';
import { held, platform, request, succeed } from './platform.ts';

const API = '/apis/network.as.a.service/v1';
const TENANTS = `${API}/tenants`;
const INTERFACES = (namespace: string) => `${API}/namespaces/${namespace}/interfaces`;

/** What the admin lets the developers of tenant-b have. */
const LIMITS: TenantSpec = {
  grants: [
    { devices: ['deviceA'], ports: ['20-31'], vlans: ['100-199'] },
    { devices: [], groups: ['global'], ports: [40], vlans: [300], trunk: true, shared: true },
  ],
  maxPorts: 8,
};

const naas = await platform();
await setTenant('tenant-b', LIMITS);
await setTenant('tenant-a', {
  grants: [{ devices: ['deviceA'], ports: ['1-19', '40'], vlans: ['10-50', '300'], trunk: true }],
});
await naas.setLedger('devicea', {
  ...held('tenant-b', 'old', [20, 21, 22]),
  ...held('tenant-a', 'theirs', [1, 24], 'u-2'),
});
await naas.setLedger('deviceb', held('tenant-b', 'old', [1]));
await naas.start({ environment: { NAAS_REQUIRE_TENANT: 'true' } });

async function setTenant(name: string, spec: TenantSpec): Promise<void> {
  const found = await naas.admin('GET', `${TENANTS}/${name}`);
  const object = { apiVersion: 'network.as.a.service/v1', kind: 'Tenant', metadata: { name }, spec };
  if (found.status === 404) {
    succeed(await naas.admin('POST', TENANTS, object));
    return;
  }
  succeed(await naas.admin('PUT', `${TENANTS}/${name}`, { ...found.body, spec }));
}

const ports = (list: readonly (string | number)[], vlan = 100, more: object = {}) => [
  { devicename: 'deviceA', ports: list, vlan, shutdown: false, ...more },
];

/** The answer to a request that is not stored. */
async function dryRun(namespace: string, services: readonly object[], name = 'asked') {
  return naas.admin('POST', `${INTERFACES(namespace)}?dryRun=All`, request(name, services));
}

/** The webhooks follow Tenants by watch: asks until the answer is this. */
function untilAnswer(namespace: string, services: readonly object[], status: number, says = /^/) {
  return until(`${status} in ${namespace}`, async () => {
    const answer = await dryRun(namespace, services);
    return answer.status === status && says.test(JSON.stringify(answer.body));
  });
}

await untilAnswer('tenant-b', ports([23]), 201);

describe('a developer asks for more than the admin lets the namespace have', () => {
  const apply = (services: readonly object[]) =>
    naas.as('tenant-b', ['apply', '-f', '-'], request('app', services));

  test('S-17 a VLAN: refused, and told which are granted', async () => {
    const { code, stderr } = await apply(ports([23], 20));
    assert.equal(code, 1);
    assert.match(
      stderr,
      /spec\.services\[0\]\.vlan: VLAN 20 is not granted to tenant-b on deviceA; granted are 100-199$/m,
    );
    assert.match(
      stderr,
      /VlanNotPermitted: choose a VLAN that is granted to you; see docs\/errors\.md#vlannotpermitted$/m,
    );
  });

  test('ports: refused, and told how many too many', async () => {
    const { code, stderr } = await apply(ports(['23', '25-29']));
    assert.equal(code, 1);
    assert.match(
      stderr,
      /spec\.services: tenant-b would hold 10 ports over all devices, its limit is 8: 2 too many$/m,
    );
  });

  test('a port: refused, and told which are granted', async () => {
    const { stderr } = await apply(ports([19]));
    assert.match(stderr, /Port 19@deviceA is not granted to tenant-b; granted are 20-31,40$/m);
  });

  test('S-18 a trunk: refused, and told where trunks are granted', async () => {
    const { stderr } = await apply(ports([23], 100, { trunk: true }));
    assert.match(
      stderr,
      /Port 23@deviceA is granted to tenant-b for access only, not as a trunk; trunks are granted on 40$/m,
    );
    const native = await apply(ports([40], 300, { trunk: true, nativeVlan: 7, vlans: ['1-4094'] }));
    assert.match(native.stderr, /spec\.services\[0\]\.nativeVlan: VLAN 7 is not granted/);
    assert.match(native.stderr, /spec\.services\[0\]\.vlans\[0\]: VLAN .* is reserved on deviceA/);
  });

  test('S-56 a VLAN that another tenant has as well and does not share: refused without naming it', async () => {
    const { stderr } = await apply(ports([40], 300, { trunk: true }));
    assert.match(stderr, /VLAN 300 is granted to another tenant on deviceA as well and not shared by both/);
    assert.doesNotMatch(stderr, /tenant-a/);
    // On the other switch it is tenant-b's alone.
    const alone = [{ devicename: 'deviceB', ports: [40], vlan: 300, trunk: true }];
    const { body } = await dryRun('tenant-b', alone);
    assert.match(body.message, /Port 40@deviceB does not exist/);
    assert.doesNotMatch(body.message, /VLAN/);
  });

  test('S-57 a port of another tenant that is not granted: nothing is told about who holds it', async () => {
    const answers = await Promise.all([dryRun('tenant-b', ports([1])), dryRun('tenant-b', ports([2]))]);
    const [taken, free] = answers.map(({ body }) => JSON.stringify(body).replaceAll(/\b[12]@/g, 'N@'));
    assert.equal(taken, free);
    assert.match(taken ?? '', /PortNotPermitted/);
  });

  test('what is granted: stored', async () => {
    const { code, stderr } = await apply(ports(['23', '25-27']));
    assert.equal(code, 0, stderr);
    succeed(await naas.admin('DELETE', `${INTERFACES('tenant-b')}/app`));
  });
});

test('S-38 a dry run, a generated name and a server-side apply are refused alike', async () => {
  const services = ports([23], 20);
  const { body } = await dryRun('tenant-b', services);
  const generated = await naas.admin('POST', INTERFACES('tenant-b'), {
    ...request('', services),
    metadata: { generateName: 'app-' },
  });
  const applied = await naas.as(
    'tenant-b',
    ['apply', '--server-side', '-f', '-'],
    request('asked', services),
  );
  assert.equal(generated.status, 422);
  assert.equal(applied.code, 1);
  assert.match(body.message, /VLAN 20 is not granted/);
  assert.match(generated.body.message, /VLAN 20 is not granted/);
  assert.match(applied.stderr, /VLAN 20 is not granted/);
});

test('S-35 S-58 a namespace without Tenant gets nothing, whatever stands in it', async () => {
  succeed(
    await naas.admin('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'stray' },
    }),
  );
  await naas.setConfigMap('tenant', { 'tenant.yaml': JSON.stringify(LIMITS) }, 'stray');
  for (const namespace of ['stray', 'naas-system', 'default', 'kube-system']) {
    const { status, body } = await dryRun(namespace, ports([23]));
    assert.equal(status, 422);
    assert.match(body.message, new RegExp(`Namespace ${namespace} belongs to no tenant`));
  }
});

test('S-33 S-58 labels and annotations of a namespace grant nothing', async () => {
  const metadata = {
    labels: { 'network.as.a.service/tenant': 'tenant-a', 'kubernetes.io/metadata.name': 'tenant-b' },
    annotations: { 'network.as.a.service/grants': '*' },
  };
  await naas.admin('PATCH', '/api/v1/namespaces/tenant-b', { metadata }, 'application/merge-patch+json');
  const { status, body } = await dryRun('tenant-b', ports([19]));
  assert.equal(status, 422);
  assert.match(body.message, /Port 19@deviceA is not granted to tenant-b/);
});

describe('S-34 the annotation with defaults cannot make a trunk where none is granted', () => {
  const defaults = '{"trunk":true,"shutdown":false,"stp":"portfast"}';
  const annotations = {
    'network.as.a.service/defaults': defaults,
    'network.as.a.service/expand': 'false',
  };
  const says = /Port 23@deviceA is granted to tenant-b for access only/;
  const asked = request('defaults', [{ devicename: 'deviceA', ports: [23], vlan: 100 }], { annotations });

  test('when a request is created, also by server-side apply', async () => {
    for (const args of [['create'], ['apply', '--server-side']]) {
      const { code, stderr } = await naas.as('tenant-b', [...args, '-f', '-'], asked);
      assert.equal(code, 1);
      assert.match(stderr, says);
    }
  });

  test('when it is changed, patched or its status written', async () => {
    const harmless = request('defaults', [{ devicename: 'deviceA', ports: [28], vlan: 100 }]);
    succeed(await naas.admin('POST', INTERFACES('tenant-b'), harmless));
    const patch = JSON.stringify({ metadata: { annotations }, spec: asked.spec });
    const to = ['interface', 'defaults'];
    const replaced = await naas.as('tenant-b', ['replace', '-f', '-'], asked);
    const patched = await naas.as('tenant-b', ['patch', ...to, '--type=merge', '-p', patch]);
    const byStatus = await naas.as('tenant-b', [
      'patch',
      ...to,
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    ]);
    assert.match(replaced.stderr, says);
    assert.match(patched.stderr, says);
    assert.match(byStatus.stderr, /forbidden/i);
    const { body } = await naas.admin('GET', `${INTERFACES('tenant-b')}/defaults`);
    assert.deepEqual(body.spec.services[0].ports, ['28']);
    succeed(await naas.admin('DELETE', `${INTERFACES('tenant-b')}/defaults`));
  });
});

test('S-34 a request kept as it was written does not become a trunk by its annotation', async () => {
  const kept = (trunk: boolean) => ({
    'network.as.a.service/defaults': `{"trunk":${trunk},"shutdown":false,"stp":"portfast"}`,
    'network.as.a.service/expand': 'false',
  });
  const services = [{ devicename: 'deviceA', ports: [23], vlan: 100 }];
  succeed(
    await naas.admin('POST', INTERFACES('tenant-b'), request('kept', services, { annotations: kept(false) })),
  );
  const annotate = (annotations: object) =>
    naas.as('tenant-b', [
      ...['patch', 'interface', 'kept', '--type=merge', '-p'],
      JSON.stringify({ metadata: { annotations } }),
    ]);
  assert.match((await annotate(kept(true))).stderr, /Port 23@deviceA is granted to tenant-b for access only/);
  assert.equal((await annotate({ note: 'mine' })).code, 0);
  succeed(await naas.admin('DELETE', `${INTERFACES('tenant-b')}/kept`));
});

test('S-32 S-36 S-59 a tenant can neither read nor write Tenants, also not by status, nor as somebody else', async () => {
  for (const args of [
    ['get', 'tenants'],
    ['get', 'tenant', 'tenant-a'],
    ['patch', 'tenant', 'tenant-b', '--type=merge', '-p', '{"spec":{"maxPorts":99}}'],
    ['patch', 'tenant', 'tenant-b', '--subresource=status', '--type=merge', '-p', '{"status":{}}'],
    ['delete', 'tenant', 'tenant-b'],
    ['get', 'tenants', '--as=system:admin', '--as-group=system:masters'],
  ]) {
    const { code, stderr } = await naas.as('tenant-b', args);
    assert.equal(code, 1, args.join(' '));
    assert.match(stderr, /forbidden/i);
  }
});

describe('what a request holds already', () => {
  const change = (name: string, services: readonly object[], resourceVersion: string) =>
    naas.admin('PUT', `${INTERFACES('tenant-b')}/${name}`, {
      ...request(name, services, { resourceVersion }),
    });

  test('stays when its grant is taken away; a change may not add to it', async () => {
    const { body } = succeed(
      await naas.admin('POST', INTERFACES('tenant-b'), request('kept', ports([30, 31], 110))),
    );
    const { uid, resourceVersion } = body.metadata;
    const { body: ledger } = await naas.admin('GET', `${API}/namespaces/naas-system/devices/devicea`);
    const holds = Object.fromEntries(
      Object.entries(held('tenant-b', 'kept', [30, 31], uid)).map(([port, entry]) => [
        port,
        { ...entry, vlan: 110, shutdown: false, description: 'kept' },
      ]),
    );
    await naas.setLedger('devicea', { ...ledger.spec, ...holds });
    await setTenant('tenant-b', { ...LIMITS, grants: [{ devices: ['deviceA'], ports: [23], vlans: [100] }] });
    await untilAnswer('tenant-b', ports([28]), 422);

    const cases: [services: object[], status: number, says: RegExp][] = [
      [ports([30], 110), 200, /^/],
      [ports([30, 31], 110, { description: 'as before' }), 200, /^/],
      [ports([30, 31], 111), 422, /Port 30@deviceA is not granted/],
      [ports([29, 30, 31], 110), 422, /Port 29@deviceA is not granted/],
      [ports([30, 31], 110, { trunk: true }), 422, /Port 30@deviceA is not granted/],
    ];
    for (const [services, status, says] of cases) {
      const answer = await naas.admin(
        'PUT',
        `${INTERFACES('tenant-b')}/kept?dryRun=All`,
        request('kept', services, { resourceVersion }),
      );
      assert.equal(answer.status, status, answer.body.message);
      assert.match(JSON.stringify(answer.body), says);
    }
    // Another request of the same tenant has nothing to keep.
    const other = await dryRun('tenant-b', ports([30], 110), 'other');
    assert.match(other.body.message, /Port 30@deviceA is not granted/);
    // Labels and deletion do not ask for anything.
    succeed(
      await naas.admin(
        'PATCH',
        `${INTERFACES('tenant-b')}/kept`,
        { metadata: { labels: { a: 'b' } } },
        'application/merge-patch+json',
      ),
    );
    succeed(await naas.admin('DELETE', `${INTERFACES('tenant-b')}/kept`));
    await naas.setLedger('devicea', ledger.spec);
    await setTenant('tenant-b', LIMITS);
    await untilAnswer('tenant-b', ports([28]), 201);
  });

  test('does not count twice: a change may exchange ports at the limit', async () => {
    const { body } = succeed(
      await naas.admin('POST', INTERFACES('tenant-b'), request('full', ports(['26-29']))),
    );
    const { uid, resourceVersion } = body.metadata;
    const { body: ledger } = await naas.admin('GET', `${API}/namespaces/naas-system/devices/devicea`);
    await naas.setLedger('devicea', { ...ledger.spec, ...held('tenant-b', 'full', [26, 27, 28, 29], uid) });
    await untilAnswer('tenant-b', ports([30]), 422, /would hold 9 ports/);
    succeed(await change('full', ports(['26-28', 30]), resourceVersion));
    succeed(await naas.admin('DELETE', `${INTERFACES('tenant-b')}/full`));
    await naas.setLedger('devicea', ledger.spec);
    await untilAnswer('tenant-b', ports([30]), 201);
  });
});

test('a Tenant that is being deleted counts as none', async () => {
  const finalizers = ['example.com/wait'];
  const path = `${TENANTS}/tenant-b`;
  succeed(await naas.admin('PATCH', path, { metadata: { finalizers } }, 'application/merge-patch+json'));
  succeed(await naas.admin('DELETE', path));
  await untilAnswer('tenant-b', ports([28]), 422, /Namespace tenant-b belongs to no tenant/);
  succeed(await naas.admin('PATCH', path, { metadata: { finalizers: [] } }, 'application/merge-patch+json'));
});
