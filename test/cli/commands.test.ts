/** The command line against a real API server with the webhooks, as an admin and as people of two tenants. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { API_VERSION, LIMITS_CONFIGMAP } from '../../crds/names.ts';
import { wantedLimits } from '../../services/tenant-controller/limits.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';
import { held, platform, request, succeed } from '../webhooks/platform.ts';
import { runCli } from './run-cli.ts';
import { kubeconfigOf, seen } from './people.ts';

const naas = await platform();
const folder = await mkdtemp(join(tmpdir(), 'naas-cli-'));
after(() => rm(folder, { recursive: true, force: true }));
await naas.setLedger('devicea', {
  ...held('tenant-a', 'request-001', [11, 12, 13, 15, 16]),
  ...held('tenant-b', 'db', [20], 'u-2'),
});
await naas.setLedger('deviceb', {});
await naas.start();

const admin = naas.controlPlane.kubeconfig;
const tenantA = await kubeconfigOf(naas.controlPlane, folder, 'tenant-a');
const tenantB = await kubeconfigOf(naas.controlPlane, folder, 'tenant-b');
const now = () => Date.parse('2026-01-01T01:00:00Z');

/** Runs as the user of a kubeconfig; words are split at spaces. */
const as = (kubeconfig: string, words: string) =>
  runCli(words.split(' '), { environment: { KUBECONFIG: kubeconfig }, now });

/** The same; a policy that ran out of time on a busy machine denies in other words, and is asked again. */
const tried = (kubeconfig: string, words: string) =>
  until('an answer of the policy', async () => {
    const result = await as(kubeconfig, words);
    return !result.stdout.includes('PolicyUnavailable') && result;
  });

async function file(name: string, ...objects: readonly object[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  return path;
}

const INTERFACES = '/apis/network.as.a.service/v1/namespaces/tenant-a/interfaces';
const MERGE_PATCH = 'application/merge-patch+json';

/** A stored request of tenant-a, with the status that the platform gives. */
async function stored(name: string, ports: readonly (string | number)[], status: object): Promise<void> {
  const services = [{ devicename: 'deviceA', ports, vlan: 10, shutdown: false }];
  const { body } = succeed(await naas.admin('POST', INTERFACES, request(name, services)));
  succeed(await naas.admin('PUT', `${INTERFACES}/${name}/status`, { ...body, status }));
}

describe('ports', () => {
  test('an admin sees every port of a switch, in its order', async () => {
    const { code, stdout, stderr } = await as(admin, 'ports DeviceA');
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(seen(stdout), [
      'PORTS STATE TENANT REQUEST VLAN SINCE',
      '1-10,14,17-19,21-48,54 free',
      '11-13,15-16 in use tenant-a request-001 10 60m',
      '20 in use tenant-b db 10 60m',
      '49-52 uplink',
      '53 platform',
    ]);
  });

  test('those that are free, of a tenant, without headers', async () => {
    assert.deepEqual(seen((await as(admin, 'ports devicea --free --no-headers')).stdout), [
      '1-10,14,17-19,21-48,54 free',
    ]);
    assert.deepEqual(seen((await as(admin, 'ports devicea --tenant tenant-b -o wide')).stdout), [
      'PORTS STATE TENANT REQUEST VLAN SINCE TRUNK SHUTDOWN STP DESCRIPTION SHADOWED',
      '20 in use tenant-b db 10 60m false true portfast db',
    ]);
    assert.deepEqual(seen((await as(admin, 'ports devicea --mine -n tenant-a --no-headers')).stdout), [
      '11-13,15-16 in use tenant-a request-001 10 60m',
    ]);
  });

  test('a switch may be named as kubectl prints it', async () => {
    for (const kind of ['device', 'device.network.as.a.service']) {
      const named = (await as(admin, `ports ${kind}/deviceA --no-headers`)).stdout;
      assert.equal(named, (await as(admin, 'ports devicea --no-headers')).stdout);
      const { stdout } = await as(admin, `who-owns ${kind}/devicea 20 --no-headers`);
      assert.deepEqual(seen(stdout), ['20 in use tenant-b db 10 60m']);
    }
  });

  test('JSON has every detail', async () => {
    const { stdout } = await as(admin, 'ports devicea --tenant tenant-b -o json');
    assert.deepEqual(JSON.parse(stdout), {
      apiVersion: 'cli.naas/v1',
      kind: 'Ports',
      device: 'devicea',
      ports: [
        {
          ports: '20',
          state: 'in use',
          tenant: 'tenant-b',
          request: 'db',
          since: '2026-01-01T00:00:00Z',
          settings: { vlan: 10, trunk: false, shutdown: true, stp: 'portfast', description: 'db' },
        },
      ],
    });
  });

  test('nothing found is said, and nothing printed', async () => {
    assert.deepEqual(await as(admin, 'ports deviceb --tenant tenant-b'), {
      code: 0,
      stdout: '',
      stderr: 'There are no such ports of deviceb\n',
    });
  });

  test('a switch that there is not is said', async () => {
    assert.deepEqual(await as(admin, 'ports nowhere'), {
      code: 2,
      stdout: '',
      stderr: 'Error: There is no device "nowhere"\nNext: kubectl get devices -n naas-system\n',
    });
  });

  test('a tenant sees its own ports, and for others is told what to ask the admin for', async () => {
    await stored('mine', ['30-32'], {
      devices: [{ name: 'devicea', state: 'Programmed', ports: '30-32' }],
      claim: { accepted: { generation: 1, timestamp: '2026-01-01T00:00:00.000Z' } },
    });
    assert.deepEqual(seen((await as(tenantA, 'ports devicea --mine')).stdout), [
      'PORTS STATE TENANT REQUEST VLAN SINCE',
      '30-32 in use tenant-a mine 10 60m',
    ]);
    for (const words of ['ports devicea', 'ports devicea --free', 'ports devicea --tenant tenant-b']) {
      assert.deepEqual(await as(tenantA, words), {
        code: 2,
        stdout: '',
        stderr: [
          "Error: Who holds ports of devicea is seen only by those who may read Devices in naas-system: ask the platform's admin for ClusterRole naas-device-viewer there",
          'Next: kubectl naas ports devicea --mine',
          '',
        ].join('\n'),
      });
    }
  });

  /** Somebody with a role of the platform's namespace: path of the kubeconfig. */
  async function viewerWith(name: string, role: string): Promise<string> {
    const file = join(folder, name);
    await naas.controlPlane.writeKubeconfig(file, { name });
    const bind = ['create', 'rolebinding', name, role, `--user=${name}`];
    await naas.as('admin', [...bind, '-n', 'naas-system']);
    await until('the right', async () => (await as(file, 'ports devicea')).code === 0);
    return file;
  }

  test('a device viewer sees free ports too', async () => {
    const viewer = await viewerWith('viewer', '--clusterrole=naas-device-viewer');
    const { code, stdout } = await as(viewer, 'ports devicea --free --no-headers');
    assert.equal(code, 0);
    assert.equal(stdout, (await as(admin, 'ports devicea --free --no-headers')).stdout);
    assert.notEqual(stdout, '');
  });

  test('who may read Devices but not the inventory sees who holds ports, and is told what is not shown', async () => {
    const role = ['create', 'role', 'ledgers', '--verb=get', '--resource=devices.network.as.a.service'];
    await naas.as('admin', [...role, '-n', 'naas-system']);
    const viewer = await viewerWith('reader', '--role=ledgers');
    const { stdout, stderr } = await as(viewer, 'ports devicea --no-headers');
    assert.deepEqual(seen(stdout), [
      '11-13,15-16 in use tenant-a request-001 10 60m',
      '20 in use tenant-b db 10 60m',
    ]);
    assert.match(stderr, /^Only ports that are held are shown/);
    const free = await as(viewer, 'ports devicea --free');
    assert.equal(free.code, 2);
    assert.match(free.stderr, /ConfigMap catalog in naas-system/);
    assert.deepEqual(seen((await as(viewer, 'who-owns devicea 11,14 --no-headers')).stdout), [
      '11 in use tenant-a request-001 10 60m',
      '14 not held',
    ]);
  });
});

describe('who-owns', () => {
  test('an admin is told for each port that was named', async () => {
    assert.deepEqual(seen((await as(admin, 'who-owns deviceA 9,11-12,20,49,99 --no-headers')).stdout), [
      '9 free',
      '11-12 in use tenant-a request-001 10 60m',
      '20 in use tenant-b db 10 60m',
      '49 uplink',
      '99 unknown',
    ]);
  });

  test('a tenant is told about its own ports, and how to learn of others', async () => {
    assert.deepEqual(seen((await as(tenantA, 'who-owns devicea 30 --no-headers')).stdout), [
      '30 in use tenant-a mine 10 60m',
    ]);
    const { code, stdout, stderr } = await as(tenantA, 'who-owns devicea 20,30');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /naas-device-viewer there\nNext: kubectl naas explain -f FILE/);
  });
});

describe('explain -f', () => {
  const services = [{ devicename: 'deviceA', ports: ['11-12'], vlan: 33 }];

  test('a request that would be denied: every port, its owner, what it means; nothing is stored', async () => {
    const path = await file('denied.yaml', request('denied', services));
    const { code, stdout, stderr } = await tried(tenantB, `explain -f ${path}`);
    assert.equal(stderr, '');
    assert.equal(code, 3);
    const owned = 'is owned by a different tenant: tenant-a (request request-001)';
    assert.ok(stdout.startsWith('Interface tenant-b/denied would be denied\n'), stdout);
    assert.ok(stdout.includes(`  spec.services[0].ports[0]: Port 11@deviceA ${owned}\n`), stdout);
    assert.ok(stdout.includes(`  spec.services[0].ports[1]: Port 12@deviceA ${owned}\n`), stdout);
    assert.match(stdout, /\nPortOwnedByOtherTenant \(Denials\)\n {2}The port is held by a request/);
    assert.equal((await naas.as('tenant-b', ['get', 'interfaces', '-o', 'name'])).stdout, '');
  });

  test('a new request and a changed one that would be accepted', async () => {
    const fresh = request('fresh', [{ ...services[0], ports: [40] }]);
    const changed = request('mine', [{ ...services[0], ports: ['30-33'] }]);
    const path = await file('accepted.yaml', fresh, changed);
    assert.deepEqual(await tried(tenantA, `explain -f ${path}`), {
      code: 0,
      stdout: [
        'Interface tenant-a/fresh would be accepted\n',
        'Interface tenant-a/mine would be accepted\n',
      ].join('\n'),
      stderr: '',
    });
    const { body } = await naas.admin('GET', `${INTERFACES}/mine`);
    assert.deepEqual(body.spec.services[0].ports, ['30', '31', '32']);
  });

  test('a request that is not valid at all, and one for another namespace', async () => {
    const broken = await file('broken.yaml', request('broken', [{ devicename: 'deviceA', ports: [1] }]));
    const { code, stdout } = await as(tenantA, `explain -f ${broken} -o json`);
    assert.equal(code, 2);
    const { requests } = JSON.parse(stdout) as { requests: { outcome: string; problems: object[] }[] };
    assert.equal(requests[0]?.outcome, 'invalid');
    assert.ok(requests[0].problems.length > 0);
    const foreign = await file('foreign.yaml', request('foreign', services, { namespace: 'tenant-b' }));
    const refused = await as(tenantA, `explain -n tenant-a -f ${foreign}`);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /foreign is of namespace tenant-b, not tenant-a/);
  });

  test('files that hold no request are refused by name', async () => {
    const secret = await file('secret.yaml', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } });
    for (const [path, message] of [
      [secret, /secret\.yaml: has v1 Secret; only an Interface/],
      [await file('empty.yaml'), /empty\.yaml: has no request in it/],
      [join(folder, 'none.yaml'), /-f .*none\.yaml cannot be read: there is no such file\nNext: /],
    ] as const) {
      const { code, stderr } = await as(tenantA, `explain -f ${path}`);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });
});

describe('requests', () => {
  const lastTransitionTime = '2026-01-01T00:30:00Z';
  const owned = 'Port 20@deviceA is owned by a different tenant: tenant-b (request db)';
  const condition = (type: string, status: string, reason: string) => ({
    ...{ type, status, reason, message: owned, lastTransitionTime },
  });

  test('one that waits for its ports is explained, with what to do', async () => {
    await stored('lost', [40], {
      conditions: [
        condition('Accepted', 'False', 'PortOwnedByOtherTenant'),
        condition('Ready', 'False', 'PortOwnedByOtherTenant'),
        condition('Stalled', 'True', 'PortOwnedByOtherTenant'),
        { ...condition('OverLimit', 'True', 'NotGranted'), message: 'port 40 is not granted' },
      ],
      devices: [
        {
          name: 'devicea',
          state: 'NotAccepted',
          conflicts: [{ ports: '20', reason: 'PortOwnedByOtherTenant', owner: 'tenant-b' }],
        },
      ],
    });
    const { code, stdout } = await as(tenantA, 'explain lost');
    assert.equal(code, 0);
    assert.ok(
      stdout.startsWith('Interface tenant-a/lost is not ready: PortOwnedByOtherTenant, for 30m\n'),
      stdout,
    );
    assert.match(stdout, /^ {2}OverLimit: port 40 is not granted$/m);
    assert.match(stdout, /^NotGranted \(Other conditions\)$/m);
    assert.match(stdout, /^devicea +NotAccepted$/m);
    assert.match(stdout, /^ +20 +PortOwnedByOtherTenant +held by tenant-b$/m);
    assert.match(stdout, /^PortOwnedByOtherTenant \(Denials\)$/m);
    assert.ok(stdout.endsWith('\nNext: kubectl edit -n tenant-a interface/lost\n'), stdout);
    for (const kind of ['interface', 'interfaces', 'interface.network.as.a.service'])
      assert.equal((await as(tenantA, `explain ${kind}/lost`)).stdout, stdout);
  });

  test('one that is being deleted is waited for until it is gone', async () => {
    await stored('going', [41], {
      conditions: [condition('Ready', 'False', 'Releasing'), condition('Reconciling', 'True', 'Releasing')],
    });
    const finalizers = (list: readonly string[]) =>
      naas.admin('PATCH', `${INTERFACES}/going`, { metadata: { finalizers: list } }, MERGE_PATCH);
    succeed(await finalizers(['example.com/test']));
    succeed(await naas.admin('DELETE', `${INTERFACES}/going`));
    const { code, stdout } = await as(tenantA, 'explain going');
    assert.equal(code, 0);
    assert.match(stdout, /^Interface tenant-a\/going is not ready: Releasing/);
    const next = 'kubectl wait -n tenant-a --for=delete interface/going';
    assert.ok(stdout.endsWith(`\nNext: ${next}\n`), stdout);
    succeed(await finalizers([]));
  });

  test('status lists all, or one, with their switches', async () => {
    const { stdout } = await as(tenantA, 'status --no-headers');
    assert.deepEqual(seen(stdout), [
      `interface/lost False PortOwnedByOtherTenant 30m ${owned}`,
      '└─ devicea NotAccepted',
      'interface/mine Unknown Pending',
      '└─ devicea 30-32 Programmed',
    ]);
    for (const name of ['mine', 'interface/mine', 'interface.network.as.a.service/mine'])
      assert.deepEqual(
        seen((await as(tenantA, `status ${name} --no-headers`)).stdout),
        seen(stdout).slice(2),
      );
    assert.deepEqual(seen((await as(admin, 'status -A')).stdout).slice(0, 2), [
      'NAMESPACE NAME PORTS READY STATE SINCE MESSAGE',
      `tenant-a interface/lost False PortOwnedByOtherTenant 30m ${owned}`,
    ]);
    const refused = await as(tenantA, 'status -A');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /cannot list resource "interfaces".*\nNext: kubectl naas whoami\n$/);
    const none = await as(tenantB, 'status');
    assert.deepEqual([none.code, none.stdout], [0, '']);
    assert.equal(none.stderr, 'There are no requests in namespace tenant-b\n');
  });

  test('one that there is not is said, with exit code 2', async () => {
    for (const words of ['explain nothing', 'status nothing'])
      assert.deepEqual(await as(tenantA, words), {
        code: 2,
        stdout: '',
        stderr:
          'Error: There is no request "nothing" in namespace tenant-a\nNext: kubectl naas status -n tenant-a\n',
      });
  });
});

describe('whoami', () => {
  test('says who the API server takes one for, the role and what is held', async () => {
    assert.deepEqual(seen((await as(tenantA, 'whoami')).stdout), [
      'You are user@tenant-a.example',
      'in groups system:authenticated',
      `at ${naas.controlPlane.server}`,
      'NAMESPACE ROLE REQUESTS PORTS LIMIT',
      'tenant-a editor 2 3',
    ]);
  });

  test('shows the limits that the platform tells a tenant', async () => {
    const grants = [
      {
        ...{ devices: ['leaf[1-2]'], groups: ['edge'], ports: ['*'] },
        ...{ vlans: ['100-199', 7], trunk: true },
      },
    ];
    const tenant = {
      ...{ apiVersion: API_VERSION, kind: 'Tenant', metadata: { name: 'tenant-a' } },
      spec: { maxPorts: 5, grants },
    };
    const { data } = wantedLimits(tenant, { ports: 4, devices: 1, requests: 2 });
    await naas.setConfigMap(LIMITS_CONFIGMAP, data ?? {}, 'tenant-a');
    assert.deepEqual(seen((await as(tenantA, 'whoami --no-headers')).stdout).slice(3), [
      'tenant-a editor 2 4 5',
      'tenant-a leaf[1-2],group:edge * 100-199,7 yes',
    ]);
    const { namespaces } = JSON.parse((await as(tenantA, 'whoami -o json')).stdout) as {
      namespaces: { limits: { maxPorts: number } }[];
    };
    assert.equal(namespaces[0]?.limits.maxPorts, 5);
  });

  test('--as acts as somebody else, who may see less', async () => {
    const { stdout } = await as(admin, 'whoami --as user@tenant-b.example -n tenant-a --no-headers');
    assert.deepEqual(seen(stdout).slice(0, 1), ['You are user@tenant-b.example']);
    assert.deepEqual(seen(stdout).slice(3), ['tenant-a none']);
    const groups = await as(admin, 'whoami --as somebody --as-group one --as-group two');
    assert.match(groups.stdout, /^in groups +one, two, system:authenticated$/m);
  });
});

test('version says the version of the cluster, and still its own when that does not answer', async () => {
  const versions = (await as(admin, 'version')).stdout;
  assert.match(versions, /^kubernetes +v1\./m);
  assert.match(versions, /^api +network\.as\.a\.service\/v1$/m);
  const proxy = await startFaultProxy({ kubeconfig: admin });
  after(() => proxy.stop());
  proxy.fault({ drop: 'before' });
  const { code, stdout, stderr } = await as(proxy.kubeconfig, 'version');
  assert.equal(code, 0);
  assert.match(stdout, /^client +\d/);
  assert.match(stderr, /^The API server cannot be reached: GET \/version/);
});

test('an API server that does not know us, refuses us, or is away: each says what to do', async () => {
  const proxy = await startFaultProxy({ kubeconfig: admin });
  after(() => proxy.stop());
  for (const [fault, message, next] of [
    [{ status: 401 }, /^Error: The API server does not know you/, /^Next: kubectl naas login$/m],
    [{ status: 403 }, /^Error: GET .*fault proxy says 403/, /^Next: kubectl naas whoami$/m],
    [{ drop: 'before' }, /^Error: The API server cannot be reached/, /^Next: kubectl config view/m],
  ] as const) {
    const clear = proxy.fault(fault);
    const { code, stdout, stderr } = await as(proxy.kubeconfig, 'status');
    clear();
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, message);
    assert.match(stderr, next);
  }
});

test('a context that there is not is said', async () => {
  const { code, stderr } = await as(tenantA, 'status --context nowhere');
  assert.equal(code, 2);
  assert.match(stderr, /has no context "nowhere".*\nNext: kubectl config get-contexts\n$/);
});

test('an answer that does not come in time has an exit code of its own', async () => {
  const proxy = await startFaultProxy({ kubeconfig: admin });
  after(() => proxy.stop());
  proxy.fault({ hang: 'before' });
  const { code, stderr } = await as(proxy.kubeconfig, 'status --request-timeout 50ms');
  assert.equal(code, 124);
  assert.match(stderr, /^Error: The API server cannot be reached: .* gave no answer in time$/m);
  const wrong = await as(proxy.kubeconfig, 'status --request-timeout soon');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--request-timeout "soon" is not a time such as 5s or 2m/);
});

describe('a credential plugin', () => {
  /** A kubeconfig whose user is a shell script; what it is told is written to a file of the same name with `.told`. */
  async function withPlugin(name: string, script: string, plugin: object = {}): Promise<string> {
    const program = join(folder, name);
    const told = `printf '%s %s\\n' "$KUBERNETES_EXEC_INFO" "unattended=$NAAS_UNATTENDED" >> '${program}.told'`;
    await writeFile(program, `#!/bin/sh\n${told}\n${script}\n`, { mode: 0o755 });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: program, ...plugin };
    const { clusters } = parse(await readFile(tenantA, 'utf8')) as { clusters: [{ name: string }] };
    const context = { cluster: clusters[0].name, user: 'plugin', namespace: 'tenant-a' };
    const file = `${program}.kubeconfig`;
    const users = [{ name: 'plugin', user: { exec } }];
    const contexts = [{ name: 'plugin', context }];
    await writeFile(file, JSON.stringify({ clusters, users, contexts, 'current-context': 'plugin' }));
    return file;
  }

  const told = async (name: string) => (await readFile(join(folder, `${name}.told`), 'utf8')).split('\n');

  /** An ExecCredential with the certificate of tenant-a's person. */
  async function credential(): Promise<string> {
    const { users } = parse(await readFile(tenantA, 'utf8')) as { users: [{ user: Record<string, string> }] };
    const pem = (name: string) => Buffer.from(users[0].user[name] ?? '', 'base64').toString();
    return JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: {
        clientCertificateData: pem('client-certificate-data'),
        clientKeyData: pem('client-key-data'),
      },
    });
  }

  test('is asked once for all calls of a command, and told when nobody is there', async () => {
    await writeFile(join(folder, 'credential.json'), await credential());
    const kubeconfig = await withPlugin('plugin', `cat '${join(folder, 'credential.json')}'`);
    const { code, stdout, stderr } = await as(kubeconfig, 'whoami');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^You are +user@tenant-a\.example$/m);
    const [first = '', ...more] = await told('plugin');
    assert.deepEqual(more, ['']);
    assert.match(first, /^\{.*"interactive":false.*\} unattended=$/);
    assert.equal((await as(kubeconfig, '__complete status l')).stdout, 'lost\n:4\n');
    assert.match((await told('plugin'))[1] ?? '', / unattended=1$/);
  });

  test('that fails is heard, with what it says to do', async () => {
    const fails = await withPlugin(
      'fails',
      "printf 'Error: no login\\nNext: kubectl naas login --now\\n' >&2; exit 2",
    );
    assert.deepEqual(await as(fails, 'status'), {
      code: 2,
      stdout: '',
      stderr: 'Error: no login\nNext: kubectl naas login --now\n',
    });
    const silent = await withPlugin('silent', 'exit 1');
    assert.match((await as(silent, 'status')).stderr, /failed without a word\nNext: kubectl naas login\n$/);
    const missing = await withPlugin('missing', '', { command: '/dev/null/none', installHint: 'install it' });
    assert.match(
      (await as(missing, 'status')).stderr,
      /^Error: The kubeconfig's credential plugin "\/dev\/null\/none" cannot be run: .*\nNext: install it\n$/,
    );
  });
});

test('completion offers what the cluster has: switches for the admin, own ones for a tenant', async () => {
  const complete = async (kubeconfig: string, words: string) =>
    (await as(kubeconfig, `__complete ${words}`)).stdout.split('\n');
  assert.deepEqual(await complete(admin, 'ports device'), ['devicea', 'deviceb', ':4', '']);
  assert.deepEqual(await complete(tenantA, 'ports '), ['deviceA', ':4', '']);
  assert.deepEqual(await complete(tenantA, 'status m'), ['mine', ':4', '']);
  assert.deepEqual(await complete(admin, 'status -n tenant-a l'), ['lost', ':4', '']);
  assert.deepEqual(await complete(tenantA, 'status -n '), ['tenant-a', ':4', '']);
  assert.deepEqual(await complete(tenantA, 'explain los'), ['lost', ':4', '']);
});
