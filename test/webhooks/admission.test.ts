import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.ts';
import { held, platform, request, succeed } from './platform.ts';

const OWNED = (port: string) => `Port ${port} is owned by a different tenant: tenant-a (request request-001)`;
const INTERFACES = (namespace: string) => `/apis/network.as.a.service/v1/namespaces/${namespace}/interfaces`;

const naas = await platform();
await naas.setLedger('devicea', held('tenant-a', 'request-001', [11, 12, 13, 15, 16]));
await naas.setLedger('deviceb', held('tenant-a', 'request-001', [1, 11]));
const webhooks = await naas.start();

const conflict = [
  { devicename: 'deviceA', ports: ['11-13', '15', '16'], vlan: 1010, trunk: true },
  { devicename: 'deviceB', ports: [1, 11, 12], vlan: 33 },
];
const foreign = [
  '11@deviceA',
  '12@deviceA',
  '13@deviceA',
  '15@deviceA',
  '16@deviceA',
  '1@deviceB',
  '11@deviceB',
];
const free = [{ devicename: 'deviceA', ports: ['20'], vlan: 10, shutdown: false }];

/** The webhooks follow the ledger by watch: asks, without storing, until the answer is no. */
function untilDenied(object: object) {
  return until('a denial', async () => {
    const { status, body } = await naas.admin('POST', `${INTERFACES('tenant-b')}?dryRun=All`, object);
    // A policy that ran out of time on a busy machine denies too, in other words.
    return status === 422 && !body.message.includes('cannot be checked now') && body;
  });
}

test('a permitted request is stored expanded and complete', async () => {
  const services = [{ devicename: 'deviceA', ports: ['20-22', 7], vlan: 10, trunk: true }];
  const applied = await naas.as('tenant-b', ['apply', '-f', '-'], request('expanded', services));
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal(
    applied.stderr.trim(),
    'Warning: DefaultShutdown: ports 7,20-22@deviceA will be down: set shutdown: false to use',
  );
  const { body } = succeed(await naas.admin('GET', `${INTERFACES('tenant-b')}/expanded`));
  assert.deepEqual(body.spec.services, [
    {
      devicename: 'deviceA',
      ports: ['7', '20', '21', '22'],
      vlan: 10,
      trunk: true,
      shutdown: true,
      stp: 'portfast',
    },
  ]);
  assert.equal(
    body.metadata.annotations['network.as.a.service/defaults'],
    '{"trunk":false,"shutdown":true,"stp":"portfast"}',
  );
  const again = await naas.as('tenant-b', ['apply', '-f', '-'], request('expanded', services));
  assert.equal(again.code, 0);
  assert.equal(again.stderr, '');
  const { body: after } = succeed(await naas.admin('GET', `${INTERFACES('tenant-b')}/expanded`));
  assert.equal(after.metadata.generation, 1);
  assert.deepEqual(after.spec, body.spec);
});

test('kubectl replace, which sends no uid, changes a request', async () => {
  const services = [{ devicename: 'deviceA', ports: ['20-22', 7], vlan: 11, trunk: true }];
  const replaced = await naas.as('tenant-b', ['replace', '-f', '-'], request('expanded', services));
  assert.equal(replaced.code, 0, replaced.stderr);
});

test('a request for ports of another tenant is denied and kubectl names each port, one line each', async () => {
  const denied = await naas.as('tenant-b', ['apply', '-f', '-'], request('request-002', conflict));
  assert.equal(denied.code, 1);
  for (const port of foreign) assert.ok(denied.stderr.includes(`: ${OWNED(port)}\n`), denied.stderr);
  assert.ok(!denied.stderr.includes('Port 12@deviceB'));
  assert.match(denied.stderr, /^The Interface "request-002" is invalid: $/m);
  assert.match(
    denied.stderr,
    /^\* spec: PortOwnedByOtherTenant: .*docs\/errors\.md#portownedbyothertenant$/m,
  );
  assert.equal((await naas.admin('GET', `${INTERFACES('tenant-b')}/request-002`)).status, 404);
});

test('a client that shows the message only reads every port too', async () => {
  const { status, body } = await naas.admin('POST', INTERFACES('tenant-b'), request('request-002', conflict));
  assert.equal(status, 422);
  assert.equal(body.reason, 'Invalid');
  assert.ok(body.message.endsWith(foreign.map(OWNED).join(', ')), body.message);
  assert.equal(body.details.causes.length, foreign.length + 1);
});

test('within a tenant the newer request takes over, with a warning', async () => {
  const services = [{ devicename: 'DEVICEa', ports: ['11-12', 14], vlan: 100, shutdown: false }];
  const { code, stderr } = await naas.as('tenant-a', ['apply', '-f', '-'], request('newer', services));
  assert.equal(code, 0, stderr);
  assert.equal(
    stderr.trim(),
    'Warning: PortTakeOver: ports 11-12@DEVICEa pass from your request request-001 to this one',
  );
});

describe('denials by kubectl', () => {
  const cases: [id: string, services: object[], text: string][] = [
    ['PortUnknown', [{ devicename: 'deviceA', ports: ['99'], vlan: 10 }], 'Port 99@deviceA does not exist'],
    ['DeviceUnknown', [{ devicename: 'deviceX', ports: ['1'], vlan: 10 }], 'Device deviceX does not exist'],
    [
      'PortNotDelegable',
      [{ devicename: 'deviceA', ports: ['49'], vlan: 10 }],
      'Port 49@deviceA is an uplink',
    ],
    [
      'PortNotDelegable',
      [{ devicename: 'deviceA', ports: [53], vlan: 10 }],
      'Port 53@deviceA is reserved for the platform',
    ],
    [
      'VlanReserved',
      [{ devicename: 'deviceA', ports: ['1'], vlan: 4000 }],
      'VLAN 4000 is reserved on deviceA',
    ],
    [
      'VlanReserved',
      [{ devicename: 'deviceA', ports: ['1'], vlan: 10, trunk: true, vlans: ['3990-4005'] }],
      'VLAN 4000-4005 is reserved on deviceA',
    ],
    [
      'VlanReserved',
      [{ devicename: 'deviceA', ports: ['1'], vlan: 10, trunk: true, nativeVlan: 1 }],
      'VLAN 1 is reserved on deviceA',
    ],
    ['InvalidPort', [{ devicename: 'deviceA', ports: ['5-1'], vlan: 10 }], 'Range "5-1" runs backwards'],
    [
      'InvalidVlan',
      [{ devicename: 'deviceA', ports: ['1'], vlan: 10, trunk: true, vlans: ['200-100'] }],
      'VLAN range "200-100" runs backwards',
    ],
    [
      'DuplicatePort',
      [
        { devicename: 'deviceA', ports: ['1-3'], vlan: 10 },
        { devicename: 'devicea', ports: [2], vlan: 20 },
      ],
      'Port 2@devicea is listed twice with different settings',
    ],
    ['TooManyPorts', [{ devicename: 'large', ports: ['0-4095', '0-1'], vlan: 10 }], 'more than 4096 ports'],
  ];
  for (const [id, services, text] of cases) {
    test(`${id}: ${text}`, async () => {
      const { code, stderr } = await naas.as('tenant-b', ['create', '-f', '-'], request('bad', services));
      assert.equal(code, 1);
      assert.ok(stderr.includes(text), stderr);
      assert.ok(stderr.includes(`* spec: ${id}: `), stderr);
    });
  }
});

describe('through schema and webhooks together, nothing gets by', () => {
  const cases: [id: string, what: string, service: object][] = [
    ['S-01', 'a line break in stp', { stp: 'portfast\n!\nusername evil' }],
    ['S-01', 'a line break in a description', { description: 'a\nb' }],
    ['S-02', 'a separator in a device name', { devicename: 'deviceA;end' }],
    ['S-06', 'a range without end', { ports: ['1-999999999'] }],
    ['S-06', 'a range of 2^32', { ports: ['0-4294967295'] }],
    ['S-06', 'many large ranges', { ports: Array.from({ length: 512 }, () => '0-4095') }],
    ['S-07', 'more services than allowed', { ports: Array.from({ length: 513 }, (_, i) => i) }],
    ['S-08', 'a range that runs backwards', { ports: ['5-1'] }],
    ['S-08', '1-2-3', { ports: ['1-2-3'] }],
    ['S-08', 'half a range', { ports: ['1-'] }],
    ['S-08', 'a list in a text', { ports: ['1-5,7'] }],
    ['S-09', 'a negative number', { ports: [-1] }],
    ['S-09', 'a fraction', { ports: [1.5] }],
    ['S-09', 'hexadecimal', { ports: ['0x1'] }],
    ['S-09', 'an empty text', { ports: [''] }],
    ['S-10', 'digits of another script', { ports: ['１'] }],
    ['S-10', 'a homoglyph in a device name', { devicename: 'dеvicea' }],
    ['S-11', 'an alias of a port that is held', { ports: ['011'] }],
    ['S-11', 'the name of an interface', { ports: ['Ethernet11'] }],
    [
      'S-12',
      'a port that is held, by another spelling of the device',
      { devicename: 'DEVICEA', ports: ['11'] },
    ],
    ['S-12', 'a trailing dot', { devicename: 'deviceA.' }],
    ['S-14', 'a device that is not in the inventory', { devicename: 'nowhere' }],
    ['S-14', 'a port the device does not have', { ports: ['9999'] }],
    ['S-15', 'the name of a ConfigMap of the platform', { devicename: 'interface-defaults' }],
    ['S-17', 'VLAN 0', { vlan: 0 }],
    ['S-17', 'VLAN 4095', { vlan: 4095 }],
    ['S-17', 'a reserved VLAN', { vlan: 4001 }],
    ['S-18', 'all VLANs on a trunk', { trunk: true, vlans: ['1-4094'] }],
    ['S-18', 'VLANs without a trunk', { vlans: ['20'] }],
    ['S-18', 'a reserved native VLAN', { trunk: true, nativeVlan: 1 }],
    ['S-19', 'shutdown as text', { shutdown: 'no' }],
    ['S-19', 'shutdown as number', { shutdown: 0 }],
  ];
  for (const [id, what, changes] of cases) {
    test(`${id} ${what}`, async () => {
      const service = { devicename: 'deviceA', ports: ['47'], vlan: 10, ...changes };
      const started = performance.now();
      const { status, body } = await naas.admin(
        'POST',
        `${INTERFACES('tenant-b')}?dryRun=All`,
        request('bad', [service]),
      );
      assert.equal(status, 422, JSON.stringify(body));
      assert.ok(performance.now() - started < 3000);
    });
  }
  test('S-19 null is dropped by the API server and so counts as left out', async () => {
    const services = [{ ...free[0], shutdown: null }];
    const path = `${INTERFACES('tenant-b')}?dryRun=All`;
    const { body } = succeed(await naas.admin('POST', path, request('odd', services)));
    assert.equal(body.spec.services[0].shutdown, true);
  });
  test('S-16 unknown fields are dropped or refused, never stored', async () => {
    const services = [{ ...free[0], template: 'x', constructor: {}, order: 1 }];
    const strict = `${INTERFACES('tenant-b')}?dryRun=All&fieldValidation=Strict`;
    assert.equal((await naas.admin('POST', strict, request('odd', services))).status, 400);
    const { body } = succeed(
      await naas.admin('POST', `${INTERFACES('tenant-b')}?dryRun=All`, request('odd', services)),
    );
    assert.deepEqual(Object.keys(body.spec.services[0]).sort(), [
      'devicename',
      'ports',
      'shutdown',
      'stp',
      'trunk',
      'vlan',
    ]);
    const polluted = JSON.stringify(request('odd', free)).replace(
      '"spec":',
      '"__proto__":{"allowed":true},"spec":',
    );
    assert.equal((await naas.admin('POST', `${INTERFACES('tenant-b')}?dryRun=All`, polluted)).status, 201);
  });
});

test('a large request is decided on, and denied in less than 8 KiB', async () => {
  const all = Array.from({ length: 4096 }, (_, port) => port);
  await naas.setLedger('large', held('tenant-a', 'request-001', all.slice(0, 1000)));
  const services = [{ devicename: 'large', ports: ['0-4095'], vlan: 10, shutdown: false }];
  const body = await untilDenied(request('large', services));
  assert.ok(JSON.stringify(body).length < 8192 + 300);
  assert.match(
    body.message,
    /Ports 0-999@large are owned by a different tenant: tenant-a \(request request-001\)/,
  );
});

test('S-38 a dry run is decided alike, and stores nothing', async () => {
  const good = await naas.as(
    'tenant-b',
    ['apply', '--dry-run=server', '-o', 'json', '-f', '-'],
    request('dry', free),
  );
  assert.equal(good.code, 0, good.stderr);
  assert.equal(JSON.parse(good.stdout).spec.services[0].stp, 'portfast');
  const bad = await naas.as('tenant-b', ['apply', '--dry-run=server', '-f', '-'], request('dry', conflict));
  assert.equal(bad.code, 1);
  for (const port of foreign) assert.ok(bad.stderr.includes(OWNED(port)));
  const diff = await naas.as('tenant-b', ['diff', '-f', '-'], request('dry', free));
  assert.equal(diff.code, 1, diff.stderr);
  assert.equal((await naas.admin('GET', `${INTERFACES('tenant-b')}/dry`)).status, 404);
});

test('S-38 a generated name is decided on like any other', async () => {
  const { metadata: _, ...rest } = request('x', free);
  const named = await naas.as('tenant-b', ['create', '-o', 'json', '-f', '-'], {
    ...rest,
    metadata: { generateName: 'gen-' },
  });
  assert.equal(named.code, 0, named.stderr);
  assert.match(JSON.parse(named.stdout).metadata.name, /^gen-/);
  const { metadata: __, ...bad } = request('x', conflict);
  const denied = await naas.admin('POST', INTERFACES('tenant-b'), {
    ...bad,
    metadata: { generateName: 'gen-' },
  });
  assert.equal(denied.status, 422);
  assert.equal(denied.body.details.causes.length, foreign.length + 1);
});

test('server-side apply, by hand or with expand "false", is decided alike and settles', async () => {
  const services = [{ devicename: 'deviceA', ports: ['30-32'], vlan: 10, shutdown: false }];
  const asWritten = request('applied', services, { annotations: { 'network.as.a.service/expand': 'false' } });
  for (let round = 0; round < 2; round++) {
    const { code, stderr } = await naas.as('tenant-b', ['apply', '--server-side', '-f', '-'], asWritten);
    assert.equal(code, 0, stderr);
  }
  const { body } = succeed(await naas.admin('GET', `${INTERFACES('tenant-b')}/applied`));
  assert.deepEqual(body.spec.services, services);
  assert.equal(body.metadata.generation, 1);
  const bad = await naas.as('tenant-b', ['apply', '--server-side', '-f', '-'], request('applied', conflict));
  assert.equal(bad.code, 1);
  assert.ok(bad.stderr.includes(OWNED('11@deviceA')), bad.stderr);
});

test('S-21 a request of the same name in another namespace neither gets nor loses anything', async () => {
  const same = await naas.as('tenant-b', ['create', '-f', '-'], request('request-001', conflict));
  assert.equal(same.code, 1);
  assert.ok(same.stderr.includes(OWNED('11@deviceA')), same.stderr);
  assert.equal((await naas.as('tenant-b', ['create', '-f', '-'], request('request-001', free))).code, 0);
  const grown = await naas.as(
    'tenant-b',
    ['apply', '-f', '-'],
    request('request-001', [...free, ...conflict]),
  );
  assert.equal(grown.code, 1);
  assert.ok(grown.stderr.includes(OWNED('11@deviceA')), grown.stderr);
  assert.equal((await naas.as('tenant-b', ['delete', 'intf', 'request-001'])).code, 0);
});

test('S-29 what bypasses the mutator is decided alike, raw or expanded', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  const answers: unknown[] = [];
  const ask = async (services: object[]) => {
    const { status, body } = await naas.admin(
      'POST',
      `${INTERFACES('tenant-b')}?dryRun=All`,
      request('raw', services),
    );
    const causes = body.details?.causes?.map(({ reason, message }: { reason: string; message: string }) => [
      reason,
      message,
    ]);
    return { status, causes };
  };
  const expanded = [
    {
      devicename: 'deviceA',
      ports: ['11', '12', '13', '15', '16'],
      vlan: 1010,
      trunk: true,
      shutdown: true,
      stp: 'portfast',
    },
    {
      devicename: 'deviceB',
      ports: ['1', '11', '12'],
      vlan: 33,
      trunk: false,
      shutdown: true,
      stp: 'portfast',
    },
  ];
  for (const services of [conflict, expanded]) answers.push(await ask(services));
  await webhooks.stop();
  const { body: configuration } = succeed(await naas.admin('GET', `${path}/interfaces.network.as.a.service`));
  succeed(await naas.admin('DELETE', `${path}/interfaces.network.as.a.service`));
  const other = await naas.start({ ready: false });
  for (const services of [conflict, expanded]) answers.push(await ask(services));
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1, JSON.stringify(answers));
  assert.equal((await naas.as('tenant-b', ['create', '-f', '-'], request('bypassed', free))).code, 0);
  await other.stop();
  delete configuration.metadata.resourceVersion;
  succeed(await naas.admin('POST', path, configuration));
  await naas.start();
});
