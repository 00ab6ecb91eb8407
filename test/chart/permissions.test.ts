/** Who may do what, asked of a real API server with the chart installed; docs/permissions.md is the committed answer. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { apiCaller, type ApiCaller } from '../support/api-caller.ts';
import { helm } from '../support/helm.ts';
import { allTargets, everywhere, may, namedTargets, rightsOf, rowsOf, type Subject } from './access.ts';
import { CHART, ROOT } from './chart.ts';
import { testCluster } from './cluster.ts';

const PLATFORM = 'naas-system';
const PAGE = join(ROOT, 'docs/permissions.md');
const cluster = await testCluster([PLATFORM, 'tenant-a', 'tenant-b']);
const { plane, admin } = cluster;
const installed = await helm(plane.kubeconfig, ['install', 'naas', CHART, '--namespace', PLATFORM]);
assert.equal(installed.code, 0, installed.stderr);
const hooks = await helm(plane.kubeconfig, ['get', 'hooks', 'naas', '--namespace', PLATFORM]);
const accounts = hooks.stdout.split('\n---\n').filter((object) => !/^kind: Pod$/m.test(object));
await cluster.kubectl(['apply', '-f', '-'], accounts.join('\n---\n'));
for (const [namespace, role, subject] of [
  ['tenant-a', 'clusterrole=naas-tenant', 'user=oidc:user@tenant-a.example'],
  ['tenant-a', 'clusterrole=naas-tenant', 'group=oidc:operations'],
  ['tenant-a', 'clusterrole=naas-tenant-viewer', 'user=oidc:viewer@tenant-a.example'],
  ['tenant-a', 'clusterrole=naas-tenant-viewer', 'group=oidc:auditors'],
  [PLATFORM, 'clusterrole=naas-device-viewer', 'user=oidc:reader@tenant-a.example'],
  [PLATFORM, 'role=configure-devices', 'user=caller'],
] as const) {
  const name = subject.replace(/.*[:=]/, '').replace('@', '-');
  await cluster.kubectl(['create', 'rolebinding', name, `--${role}`, `--${subject}`, '-n', namespace]);
}

const OF_SERVICES = [
  ['In the platform’s namespace', PLATFORM],
  ['In a tenant’s namespace', 'tenant-a'],
  ['In the whole cluster', ''],
] as const;
const OF_PEOPLE = [
  ['In their own namespace', 'tenant-a'],
  ['In another tenant’s', 'tenant-b'],
  ['In the platform’s', PLATFORM],
  ['In the whole cluster', ''],
] as const;

const account = (name: string): Subject => ({
  title: `ServiceAccount ${name}`,
  user: `system:serviceaccount:${PLATFORM}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${PLATFORM}`, 'system:authenticated'],
  scopes: OF_SERVICES,
});
const person = (title: string, user: string, ...groups: string[]): Subject => ({
  title,
  user,
  groups: ['system:authenticated', ...groups],
  scopes: OF_PEOPLE,
});

const SERVICES = [
  ...['webhooks', 'interface-watcher', 'device-watcher', 'scheduler', 'tenant-controller'],
  'enforcer',
];
const SUBJECTS: readonly Subject[] = [
  ...[...SERVICES, 'helm-test', 'default'].map(account),
  person('Role naas-tenant', 'oidc:user@tenant-a.example'),
  person('Role naas-tenant, by a group', 'oidc:operator@tenant-a.example', 'oidc:operations'),
  person('Role naas-tenant-viewer', 'oidc:viewer@tenant-a.example'),
  person('Role naas-tenant-viewer, by a group', 'oidc:auditor@tenant-a.example', 'oidc:auditors'),
  person('Role naas-device-viewer', 'oidc:reader@tenant-a.example'),
  person('Role configure-devices', 'caller'),
];
const NOBODY = person('Everybody who is logged in', 'somebody');

async function as({ user, groups }: Pick<Subject, 'user' | 'groups'>): Promise<ApiCaller> {
  const caller = await apiCaller(await plane.kubeconfigFor({ name: user, groups }));
  after(() => caller.close());
  return caller;
}

test('the rights of every account and role are those of docs/permissions.md', async () => {
  const named = [];
  for (const subject of [NOBODY, ...SUBJECTS])
    named.push(...(await namedTargets(await as(subject), subject)));
  const targets = allTargets(named);
  let page = `# Permissions

Written by \`UPDATE_PERMISSIONS=1 node_modules/.bin/node --test test/chart/permissions.test.ts\` from a real API server with the
chart installed; the test compares, so that a right that is added shows in review. It asks (SubjectAccessReview) for each verb
on everything that any rule names and on what must not be given away. Rights that everybody has are listed first and left
out below. Two admission policies narrow this further: Devices are written by the interface-watcher alone
(\`device-writers\`), and enforcers write Leases of devices alone (\`enforcer-leases\`).
`;
  const everybody = await rightsOf(admin, NOBODY, targets);
  for (const subject of [NOBODY, ...SUBJECTS]) {
    const rights = subject === NOBODY ? everybody : await rightsOf(admin, subject, targets);
    const rows = rowsOf(rights, subject === NOBODY ? new Map() : everywhere(everybody));
    page += `\n## ${subject.title}\n`;
    if (rows.length === 0) page += '\nNothing.\n';
    else {
      const titles = subject.scopes.map(([title]) => title);
      page += `\n| Resource | ${titles.join(' | ')} |\n|---|${titles.map(() => '---|').join('')}\n${rows.join('\n')}\n`;
    }
  }
  if (process.env['UPDATE_PERMISSIONS'] === '1') await writeFile(PAGE, page);
  assert.equal(await readFile(PAGE, 'utf8'), page, 'rights differ: see the head of docs/permissions.md');
});

describe('a tenant', async () => {
  const tenant = await as(person('', 'oidc:user@tenant-a.example'));
  const naas = '/apis/network.as.a.service/v1/namespaces';
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${PLATFORM}/leases`;
  const cases: [says: string, calls: [method: string, path: string, body?: object][]][] = [
    [
      'S-56 cannot read requests and Events of other tenants',
      [
        ['GET', `${naas}/tenant-b/interfaces`],
        ['GET', `${naas}/tenant-b/interfaces/request-001`],
        ['GET', '/apis/network.as.a.service/v1/interfaces'],
        ['GET', '/apis/events.k8s.io/v1/namespaces/tenant-b/events'],
        ['GET', '/api/v1/events'],
      ],
    ],
    [
      'S-56 cannot read the platform’s ledgers, ConfigMaps, Jobs and logs',
      [
        ['GET', `${naas}/${PLATFORM}/devices`],
        ['GET', `${naas}/${PLATFORM}/devices/leaf1`],
        ['GET', `/api/v1/namespaces/${PLATFORM}/configmaps`],
        ['GET', `/api/v1/namespaces/${PLATFORM}/configmaps/catalog`],
        ['GET', `/api/v1/namespaces/${PLATFORM}/configmaps/generic`],
        ['GET', `/apis/batch/v1/namespaces/${PLATFORM}/jobs`],
        ['GET', `/api/v1/namespaces/${PLATFORM}/pods/any/log`],
      ],
    ],
    [
      'S-56 S-58 cannot read Tenants, and cannot make or change one, nor what it reads of its limits',
      [
        ['GET', '/apis/network.as.a.service/v1/tenants'],
        ['GET', '/apis/network.as.a.service/v1/tenants/tenant-a'],
        ['POST', '/apis/network.as.a.service/v1/tenants', {}],
        ['PATCH', '/apis/network.as.a.service/v1/tenants/tenant-a', {}],
        ['PATCH', '/apis/network.as.a.service/v1/tenants/tenant-a/status', {}],
        ['GET', '/api/v1/namespaces/tenant-a/configmaps'],
        ['GET', '/api/v1/namespaces/tenant-b/configmaps/naas-limits'],
        ['POST', '/api/v1/namespaces/tenant-a/configmaps', {}],
        ['PATCH', '/api/v1/namespaces/tenant-a/configmaps/naas-limits', {}],
      ],
    ],
    [
      'S-69 cannot read the inventory or any other Secret',
      [
        ['GET', `/api/v1/namespaces/${PLATFORM}/secrets`],
        ['GET', `/api/v1/namespaces/${PLATFORM}/secrets/inventory`],
        ['GET', `/api/v1/namespaces/${PLATFORM}/secrets/webhook-tls`],
        ['GET', '/api/v1/namespaces/tenant-a/secrets'],
        ['GET', '/api/v1/secrets'],
      ],
    ],
    [
      'S-44 S-86 cannot write ledgers, their status, or the status of its own requests',
      [
        ['PUT', `${naas}/${PLATFORM}/devices/leaf1`, {}],
        ['PUT', `${naas}/${PLATFORM}/devices/leaf1/status`, {}],
        ['PATCH', `${naas}/${PLATFORM}/devices/leaf1/status`, {}],
        ['POST', `${naas}/${PLATFORM}/devices`, {}],
        ['POST', `${naas}/tenant-a/devices`, {}],
        ['PUT', `${naas}/tenant-a/interfaces/request-001/status`, {}],
        ['PATCH', `${naas}/tenant-a/interfaces/request-001/status`, {}],
      ],
    ],
    [
      'S-44 cannot write Leases, models, templates, Jobs or Pods',
      [
        ['PUT', `${leases}/scheduler`, {}],
        ['PUT', `${leases}/enforce-leaf1`, {}],
        ['POST', leases, {}],
        ['PUT', `/api/v1/namespaces/${PLATFORM}/configmaps/eos-interface.j2`, {}],
        ['POST', `/api/v1/namespaces/${PLATFORM}/configmaps`, {}],
        ['POST', `/apis/batch/v1/namespaces/${PLATFORM}/jobs`, {}],
        ['POST', `/api/v1/namespaces/${PLATFORM}/pods`, {}],
      ],
    ],
    [
      'S-35 cannot make requests in the platform’s or another tenant’s namespace',
      [
        ['POST', `${naas}/${PLATFORM}/interfaces`, {}],
        ['POST', `${naas}/tenant-b/interfaces`, {}],
        ['DELETE', `${naas}/tenant-b/interfaces/request-001`],
      ],
    ],
    [
      'S-32 S-33 cannot touch webhooks, policies, CRDs, roles and namespaces',
      [
        ...['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].map(
          (kind): [string, string] => [
            'DELETE',
            `/apis/admissionregistration.k8s.io/v1/${kind}/interfaces.network.as.a.service`,
          ],
        ),
        [
          'DELETE',
          '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/device-writers.network.as.a.service',
        ],
        ['DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/interfaces.network.as.a.service'],
        ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/tenant-a/rolebindings', {}],
        ['PATCH', '/api/v1/namespaces/tenant-a', {}],
      ],
    ],
    [
      'S-66 cannot get a token of a service, nor one that passes for a booting switch',
      [
        ...SERVICES.map((name): [string, string, object] => [
          'POST',
          `/api/v1/namespaces/${PLATFORM}/serviceaccounts/${name}/token`,
          {},
        ]),
        ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', {}],
        ['POST', `${naas}/${PLATFORM}/devices/leaf1/configure`, {}],
      ],
    ],
  ];
  for (const [says, calls] of cases) {
    test(says, async () => {
      for (const [method, path, body] of calls) {
        const type = method === 'PATCH' ? 'application/merge-patch+json' : undefined;
        const { status, body: answer } = await tenant(method, path, body, type);
        assert.equal(status, 403, `${method} ${path}: ${answer.message}`);
      }
    });
  }

  test('S-59 cannot act as somebody else', async () => {
    const someone = person('', 'oidc:user@tenant-a.example');
    for (const resource of ['users', 'groups', 'serviceaccounts']) {
      for (const name of ['', 'system:masters', 'naas:break-glass', 'interface-watcher'])
        for (const namespace of ['', PLATFORM])
          assert.ok(
            !(await may(admin, someone, { verb: 'impersonate', group: '', resource, name, namespace })),
            `${resource} ${name}`,
          );
    }
  });

  test('may use what is its own', async () => {
    for (const path of [`${naas}/tenant-a/interfaces`, '/apis/events.k8s.io/v1/namespaces/tenant-a/events'])
      assert.equal((await tenant('GET', path)).status, 200, path);
    // Allowed, but nobody has made it here.
    assert.equal((await tenant('GET', '/api/v1/namespaces/tenant-a/configmaps/naas-limits')).status, 404);
  });
});

test('S-60 the tenant controller hands out the two roles of tenants and nothing else, and writes nothing but what it keeps', async () => {
  const controller = account('tenant-controller');
  const rbac = 'rbac.authorization.k8s.io';
  const refused: [verb: string, group: string, resource: string, name?: string][] = [
    ...['create', 'update', 'patch', 'delete'].flatMap((verb): [string, string, string, string?][] => [
      [verb, rbac, 'clusterrolebindings'],
      [verb, rbac, 'clusterroles'],
      [verb, rbac, 'roles'],
      [verb, rbac, 'rolebindings'],
      [verb, rbac, 'rolebindings', 'members'],
      [verb, '', 'configmaps'],
      [verb, '', 'configmaps', 'catalog'],
      [verb, 'network.as.a.service', 'tenants'],
      [verb, 'network.as.a.service', 'interfaces'],
      [verb, 'network.as.a.service', 'devices'],
      [verb, '', 'secrets'],
      [verb, '', 'pods'],
    ]),
    ...['update', 'patch', 'delete'].map((verb): [string, string, string] => [verb, '', 'namespaces']),
    ['bind', rbac, 'clusterroles'],
    ['bind', rbac, 'clusterroles', 'cluster-admin'],
    ['bind', rbac, 'roles', 'scheduler'],
    ['escalate', rbac, 'clusterroles', 'naas-tenant'],
    ['get', '', 'secrets', 'inventory'],
  ];
  for (const [verb, group, resource, name = ''] of refused)
    for (const namespace of [PLATFORM, 'tenant-a', ''])
      assert.ok(
        !(await may(admin, controller, { verb, group, resource, name, namespace })),
        `${verb} ${resource} ${name} in ${namespace}`,
      );
});

test('S-51 an enforcer reads no Secret and no request, writes no ledger, and starts nothing', async () => {
  const refused: [verb: string, group: string, resource: string, name?: string][] = [
    ...['get', 'list', 'watch'].map((verb): [string, string, string] => [verb, '', 'secrets']),
    ['get', '', 'secrets', 'inventory'],
    ['get', '', 'secrets', 'enforce-1'],
    ['get', 'network.as.a.service', 'interfaces'],
    ['update', 'network.as.a.service', 'interfaces'],
    ['update', 'network.as.a.service', 'devices'],
    ['patch', 'network.as.a.service', 'devices'],
    ['update', '', 'configmaps'],
    ['create', '', 'pods'],
    ['create', 'batch', 'jobs'],
    ['create', '', 'pods/exec'],
    ['create', '', 'serviceaccounts/token'],
    ['delete', 'coordination.k8s.io', 'leases'],
  ];
  for (const [verb, group, resource, name = ''] of refused)
    for (const namespace of [PLATFORM, 'tenant-a', ''])
      assert.ok(
        !(await may(admin, account('enforcer'), { verb, group, resource, name, namespace })),
        `${verb} ${resource} in ${namespace}`,
      );
});
