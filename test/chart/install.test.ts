/** The chart on a real API server: Pods are `restricted`, upgrade and uninstall lose nothing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { makeAuthority } from '../../lib/certificates/authority.ts';
import { enforcerJob } from '../../services/scheduler/job.ts';
import { readSettings } from '../../services/scheduler/settings.ts';
import { until } from '../support/until.ts';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { helm } from '../support/helm.ts';
import { CHART, ciValues, environmentOf, render, ROOT } from './chart.ts';
import { testCluster } from './cluster.ts';

const cluster = await testCluster(['naas-system', 'network']);
const { plane } = cluster;

async function release(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await helm(plane.kubeconfig, args);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('it is installed, and installed again changes nothing', async () => {
  await release('install', 'naas', CHART, '--namespace', 'naas-system');
  const images = async () =>
    cluster.kubectl([
      'get',
      'deploy,cm,secret,netpol,pdb,svc,sa,role',
      '-n',
      'naas-system',
      '-o',
      'json',
      '-l',
      'app=naas',
    ]);
  const versions = async () =>
    (
      JSON.parse(await images()) as { items: { metadata: { name: string; generation?: number } }[] }
    ).items.map(({ metadata }) => [metadata.name, metadata.generation]);
  const before = await versions();
  assert.ok(before.length > 20);
  await release('upgrade', 'naas', CHART, '--namespace', 'naas-system');
  assert.deepEqual(await versions(), before);
});

test('every Pod passes Pod Security restricted, those of Jobs too', async () => {
  await cluster.kubectl(['create', 'serviceaccount', 'helm-test', '-n', 'naas-system']);
  const create = (spec: unknown) =>
    cluster.admin('POST', '/api/v1/namespaces/naas-system/pods?dryRun=All&fieldValidation=Strict', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod' },
      spec,
    });
  for (const file of await ciValues()) {
    const objects = await render({ file });
    const { jobs, image } = readSettings(environmentOf(objects, 'scheduler'));
    const order = { name: 'enforce-1', namespace: 'naas-system', image, slices: [['leaf1'], ['leaf2']] };
    const specs = [
      ...objects.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template.spec),
      ...objects.filter(({ kind }) => kind === 'Pod').map(({ spec }) => spec),
      enforcerJob(order, jobs).spec?.template.spec,
    ];
    assert.equal(specs.length, 7);
    for (const spec of specs) {
      const { status, body } = await create(spec);
      assert.equal(status, 201, `${basename(file)}: ${body.message}`);
    }
  }
  // The namespace does enforce it.
  const { status, body } = await create({ containers: [{ name: 'a', image: 'a' }] });
  assert.equal(status, 403);
  assert.match(body.message, /violates PodSecurity "restricted/);
});

test('an upgrade brings CRDs along and keeps what others wrote into the webhook configurations', async () => {
  const crd = 'crd/interfaces.network.as.a.service';
  const configuration = 'validatingwebhookconfiguration/interfaces.network.as.a.service';
  // An older chart had a shorter schema.
  const older = [{ op: 'remove', path: '/spec/names/shortNames' }];
  await cluster.kubectl(['patch', crd, '--type=json', '--field-manager=helm', '-p', JSON.stringify(older)]);
  const { cert } = await makeAuthority({ from: Date.now(), to: Date.now() + 3_600_000 });
  const bundle = Buffer.from(cert).toString('base64');
  const patch = JSON.stringify([{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: bundle }]);
  await cluster.kubectl(['patch', configuration, '--type=json', '--field-manager=webhooks', '-p', patch]);
  await release('upgrade', 'naas', CHART, '--namespace', 'naas-system', '--set', 'pods.logLevel=debug');
  assert.equal(await cluster.kubectl(['get', crd, '-o', 'jsonpath={.spec.names.shortNames[0]}']), 'intf');
  const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}';
  assert.equal(await cluster.kubectl(['get', configuration, '-o', path]), bundle);
  const deployment = await cluster.kubectl(['get', 'deploy/webhooks', '-n', 'naas-system', '-o', 'json']);
  assert.match(deployment, /"value": "debug"/);
});

test('uninstalled, it leaves CRDs, requests and templates, and can be installed again', async () => {
  const request = {
    apiVersion: 'network.as.a.service/v1',
    kind: 'Interface',
    metadata: { name: 'kept', namespace: 'network' },
    spec: { services: [{ devicename: 'leaf1', ports: ['1'], vlan: 10 }] },
  };
  await release('uninstall', 'naas', '--namespace', 'naas-system');
  // Nobody checks it now, nor stands in the way.
  await cluster.kubectl(['create', '-f', '-'], request);
  await release('install', 'naas', CHART, '--namespace', 'naas-system');
  const names = await cluster.kubectl(['get', 'interfaces', '-n', 'network', '-o', 'name']);
  assert.equal(names.trim(), 'interface.network.as.a.service/kept');
  await release('uninstall', 'naas', '--namespace', 'naas-system');
  const left = await cluster.kubectl(['get', 'crd,cm', '-n', 'naas-system', '-l', 'app=naas', '-o', 'name']);
  assert.deepEqual(left.trim().split('\n').sort(), [
    'configmap/eos-generic.j2',
    'configmap/eos-interface.j2',
    'configmap/generic',
    'customresourcedefinition.apiextensions.k8s.io/devices.network.as.a.service',
    'customresourcedefinition.apiextensions.k8s.io/interfaces.network.as.a.service',
    'customresourcedefinition.apiextensions.k8s.io/tenants.network.as.a.service',
  ]);
});

/** Creates an object. API servers go on asking an admission policy for a moment after it was deleted. */
async function untilTaken(object: object): Promise<void> {
  await until('the policy on who writes ledgers is gone', () =>
    cluster.kubectl(['create', '-f', '-'], object).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && error.message.includes('ValidatingAdmissionPolicy')) return false;
        throw error;
      },
    ),
  );
}

test('what docs/install.md says to remove everything for good does so', async () => {
  // As the interface-watcher leaves them: only it could take the finalizers off.
  for (const [kind, finalizer, spec] of [
    [
      'Interface',
      'network.as.a.service/release',
      { services: [{ devicename: 'leaf1', ports: ['1'], vlan: 10 }] },
    ],
    ['Device', 'network.as.a.service/ledger', {}],
  ] as const)
    await untilTaken({
      apiVersion: 'network.as.a.service/v1',
      kind,
      metadata: {
        name: 'stuck',
        namespace: kind === 'Device' ? 'naas-system' : 'network',
        finalizers: [finalizer],
      },
      spec,
    });
  const page = await readFile(join(ROOT, 'docs/install.md'), 'utf8');
  const script = /```shell\n(for kind in interfaces devices[^]*?)```/.exec(page)?.[1];
  assert.ok(script);
  const path = `${dirname(await findBinary('kubectl'))}:${process.env['PATH']}`;
  const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    env: { PATH: path, KUBECONFIG: plane.kubeconfig, HOME: plane.directory },
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(status, 0, stderr);
  const left = await cluster.kubectl(['get', 'crd,namespace', '-o', 'name']);
  assert.doesNotMatch(left, /network\.as\.a\.service|naas-system/);
});
