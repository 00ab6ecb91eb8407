/** What the chart renders is what the repository says elsewhere, and what the services understand. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { enforcerJob } from '../../services/scheduler/job.ts';
import { readSettings as schedulerSettings } from '../../services/scheduler/settings.ts';
import { parseDefaults } from '../../lib/ports/defaults.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import { readSettings as webhookSettings } from '../../webhooks/settings.ts';
import { configMaps } from '../../templates/config-maps.ts';
import { NODE_OPTIONS } from '../../tools/build/node-options.ts';
import { templateFiles } from '../../tools/platform/template-files.ts';
import { CHART, ciValues, environmentOf, manifests, only, render, ROOT } from './chart.ts';
import type { Manifest } from './chart.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const plain = await render();

const source = async (path: string) => manifests(await readFile(join(ROOT, path), 'utf8'));

/** Without what the chart adds: its labels, and the annotations given. */
function bare(object: Manifest, ...annotations: string[]): unknown {
  const { labels = {}, annotations: all = {}, ...metadata } = object.metadata;
  const kept = Object.entries(labels).filter(
    ([name]) => !/^(app$|app\.kubernetes\.io\/|helm\.sh\/)/.test(name),
  );
  const rest = Object.entries(all).filter(([name]) => !annotations.includes(name));
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(kept.length > 0 && { labels: Object.fromEntries(kept) }),
      ...(rest.length > 0 && { annotations: Object.fromEntries(rest) }),
    },
  };
}

const COPIED = {
  'crds/interface.yaml': 'helm.sh/resource-policy',
  'crds/device.yaml': 'helm.sh/resource-policy',
  'crds/tenant.yaml': 'helm.sh/resource-policy',
  'crds/device-writers.yaml': '',
  'crds/enforcer-leases.yaml': '',
  'crds/tenant-role.yaml': '',
  'webhooks/rbac.yaml': '',
  'webhooks/webhooks.yaml': 'admissions.enforcer/disabled',
  'services/interface-watcher/rbac.yaml': '',
  'services/device-watcher/rbac.yaml': '',
  'services/scheduler/rbac.yaml': '',
  'services/tenant-controller/rbac.yaml': '',
  'services/enforcer/rbac.yaml': '',
};

for (const [path, annotation] of Object.entries(COPIED)) {
  test(`${path} is installed as it is`, async () => {
    for (const wanted of await source(path)) {
      const found = only(plain, wanted.kind, wanted.metadata.name);
      assert.deepEqual(bare(found, annotation), bare(wanted));
    }
  });
}

test('S-65 no environment variable comes from a Secret, in services and Jobs', async () => {
  for (const file of await ciValues()) {
    const objects = await render({ file });
    const { jobs, image } = schedulerSettings(environmentOf(objects, 'scheduler'));
    const job = enforcerJob({ name: 'a', namespace: 'b', image, slices: [['leaf1']] }, jobs);
    const specs = objects.flatMap((object) =>
      object.kind === 'Deployment'
        ? [object['spec'].template.spec]
        : object.kind === 'Pod'
          ? [object['spec']]
          : [],
    );
    assert.ok(specs.length >= 6);
    for (const spec of [...specs, job.spec?.template.spec])
      for (const container of spec.containers) {
        assert.equal(container.envFrom, undefined);
        for (const { name, value, valueFrom } of container.env ?? [])
          assert.ok(value !== undefined || valueFrom?.fieldRef !== undefined, `${basename(file)}: ${name}`);
      }
  }
});

test('no role, binding or account is installed that the manifests of the services do not have, but for helm test', async () => {
  const kinds = ['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'];
  const named = (objects: readonly Manifest[]) =>
    objects
      .filter(({ kind, metadata }) => kinds.includes(kind) && metadata.name !== 'helm-test')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .sort();
  const written = (await Promise.all(Object.keys(COPIED).map(source))).flat();
  assert.deepEqual(named(plain), named(written));
});

test('templates and base models are installed as the local platform has them', async () => {
  for (const wanted of configMaps(await templateFiles())) {
    const found = only(plain, 'ConfigMap', wanted.metadata.name);
    assert.equal(found.metadata.annotations?.['helm.sh/resource-policy'], 'keep');
    assert.deepEqual(found['data'], wanted.data);
    for (const key of ['labels', 'annotations'] as const)
      for (const [name, value] of Object.entries(wanted.metadata[key]))
        assert.equal(found.metadata[key]?.[name], value);
  }
});

test('services are started as the local platform and the benchmarks start them', () => {
  const deployments = plain.filter(({ kind }) => kind === 'Deployment');
  assert.equal(deployments.length, 5);
  for (const each of deployments) {
    const { args } = each['spec'].template.spec.containers[0];
    assert.deepEqual(args, [...NODE_OPTIONS, `/app/${each.metadata.name}.mjs`]);
  }
});

test('an empty name of a priority class means none', async () => {
  const classes = async (priorityClasses: object) =>
    (await render({ values: { priorityClasses } }))
      .filter(({ kind }) => kind === 'PriorityClass')
      .map(({ metadata }) => metadata.name);
  assert.deepEqual(await classes({}), ['naas-enforcers', 'naas-services']);
  assert.deepEqual(await classes({ services: '' }), ['naas-enforcers']);
  assert.deepEqual(await classes({ services: '', enforcers: '' }), []);
});

test('CRDs outlive the release unless that is not wanted, and can be left to others', async () => {
  const crds = (objects: readonly Manifest[]) =>
    objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const policy = (object: Manifest) => object.metadata.annotations?.['helm.sh/resource-policy'];
  assert.deepEqual(crds(plain).map(policy), ['keep', 'keep', 'keep']);
  assert.deepEqual(crds(await render({ values: { crds: { keep: false } } })).map(policy), [
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(crds(await render({ values: { crds: { enabled: false } } })), []);
});

test('in another namespace nothing points to naas-system', async () => {
  for (const file of await ciValues()) {
    const objects = await render({ file, namespace: 'network' });
    assert.doesNotMatch(JSON.stringify(objects), /naas-system/, basename(file));
    const policy = only(objects, 'ValidatingAdmissionPolicy', 'device-writers.network.as.a.service');
    assert.match(JSON.stringify(policy), /system:serviceaccount:network:interface-watcher/);
  }
});

test('an image given by digest is used by digest everywhere, by the Jobs too', async () => {
  const objects = await render({
    values: { image: { repository: 'r.example/naas', tag: 't', digest: DIGEST } },
  });
  const image = `r.example/naas@${DIGEST}`;
  const pods = objects.flatMap((object) =>
    object.kind === 'Deployment'
      ? [object['spec'].template.spec]
      : object.kind === 'Pod'
        ? [object['spec']]
        : [],
  );
  assert.equal(pods.length, 6);
  for (const { containers } of pods) assert.equal(containers[0].image, image);
  assert.equal(environmentOf(objects, 'scheduler')['NAAS_IMAGE'], image);
});

describe('the services understand what the chart tells them', async () => {
  for (const file of await ciValues()) {
    test(basename(file), async () => {
      const objects = await render({ file });
      const scheduler = schedulerSettings(environmentOf(objects, 'scheduler'));
      assert.ok(scheduler.api.url?.startsWith('https://'));
      webhookSettings(environmentOf(objects, 'webhooks'), 'naas-system');
      for (const { kind, metadata, ...rest } of objects) {
        if (kind === 'ConfigMap' && metadata.name === 'interface-defaults')
          parseDefaults(rest['data']['defaults.yaml']);
        if (kind === 'Secret' && metadata.name === scheduler.inventory) {
          const text = (key: string) => Buffer.from(rest['data'][key], 'base64').toString();
          const [hosts, groups, defaults] = ['hosts', 'groups', 'defaults'].map((key) => text(`${key}.yaml`));
          parseInventory({ hosts: hosts ?? '', groups: groups ?? '', defaults: defaults ?? '' });
        }
      }
    });
  }
  test('settings of Jobs arrive', async () => {
    const objects = await render({ file: join(CHART, 'ci/full-values.yaml') });
    const { jobs, inventory, api } = schedulerSettings(environmentOf(objects, 'scheduler'));
    assert.equal(jobs.priorityClassName, 'naas-enforcers');
    assert.deepEqual(jobs.nodeSelector, { 'example.com/management-network': 'true' });
    assert.deepEqual(jobs.imagePullSecrets, [{ name: 'registry' }]);
    assert.deepEqual(jobs.resources?.limits, { memory: '512Mi' });
    assert.equal(jobs.activeDeadlineSeconds, 600);
    assert.equal(jobs.ttlSecondsAfterFinished, 3600);
    assert.equal(inventory, 'switches');
    assert.deepEqual(api, { host: '::', port: 8443, url: 'https://configure.example.com:8443' });
    assert.equal(webhookSettings(environmentOf(objects, 'webhooks'), 'n').certificates, 'given');
  });
});

test('S-70 all traffic is denied but what is listed', async () => {
  const policy = only(plain, 'NetworkPolicy', 'default-deny');
  assert.deepEqual(policy['spec'], { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  assert.deepEqual(only(plain, 'NetworkPolicy', 'to-webhooks')['spec'].ingress, [
    { ports: [{ protocol: 'TCP', port: 'https' }] },
  ]);
  assert.ok(!plain.some(({ metadata }) => metadata.name === 'to-metrics'));
  const objects = await render({ file: join(CHART, 'ci/full-values.yaml') });
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
  const egress = policies.filter(({ spec }) => spec.egress !== undefined);
  assert.deepEqual(
    egress.map(({ metadata, spec }) => [metadata.name, spec.podSelector.matchLabels]),
    [
      ['to-api-server-and-dns', { app: 'naas' }],
      ['enforcers-to-switches', { app: 'naas', type: 'enforcer' }],
    ],
  );
  const ingress = policies
    .filter(({ spec }) => spec.ingress !== undefined)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  assert.deepEqual(
    ingress.map(({ metadata, spec }) => [metadata.name, spec.ingress[0].ports]),
    [
      ['to-metrics', [{ protocol: 'TCP', port: 'http' }]],
      ['to-scheduler-api', [{ protocol: 'TCP', port: 'api' }]],
      ['to-webhooks', [{ protocol: 'TCP', port: 'https' }]],
    ],
  );
});

test('S-51 S-62 enforcers reach the switches of the values and no other address but the API server and name servers', async () => {
  assert.ok(!plain.some(({ metadata }) => metadata.name === 'enforcers-to-switches'));
  const objects = await render({ file: join(CHART, 'ci/full-values.yaml') });
  assert.deepEqual(only(objects, 'NetworkPolicy', 'enforcers-to-switches')['spec'].egress, [
    {
      to: [{ ipBlock: { cidr: '198.51.100.0/24', except: ['198.51.100.1/32'] } }],
      ports: [{ protocol: 'TCP', port: 22 }],
    },
    {
      to: [{ ipBlock: { cidr: '2001:db8::/64' } }],
      ports: [
        { protocol: 'TCP', port: 22 },
        { protocol: 'TCP', port: 2222 },
      ],
    },
  ]);
  assert.deepEqual(only(objects, 'NetworkPolicy', 'to-api-server-and-dns')['spec'].egress[0], {
    to: [{ ipBlock: { cidr: '192.0.2.10/32' } }],
    ports: [{ protocol: 'TCP', port: 6443 }],
  });
});

test('S-63 what the values say of the inventory stands in one Secret and nowhere else', async () => {
  const hosts = 'leaf1: {hostname: 192.0.2.1, username: u, password: c4n4ry, platform: eos}\n';
  const objects = await render({ values: { inventory: { hosts } } });
  const holding = objects.filter((object) => {
    const text = JSON.stringify(object);
    return /c4n4ry/.test(text) || text.includes(Buffer.from(hosts).toString('base64'));
  });
  assert.deepEqual(
    holding.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ['Secret inventory'],
  );
});

test('the chart has the version of the platform', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const [chart] = await source('charts/naas/Chart.yaml');
  assert.equal(chart?.['version'], version);
  assert.equal(chart['appVersion'], version);
});
