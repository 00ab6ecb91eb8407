/** The chart and tenants' requests under GitOps: what was applied is what is stored, and applied again it changes nothing. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { toCatalog } from '../../lib/inventory/catalog.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import { freePorts } from '../../tools/controlplane/free-port.ts';
import { kubectl } from '../support/kubectl.ts';
import { until } from '../support/until.ts';
import { manifests, only, render, ROOT, type Manifest } from './chart.ts';
import { testCluster } from './cluster.ts';
import { routeServicesTo } from './service-route.ts';
import { startService } from './service.ts';

const NAMESPACE = 'naas-system';
const AS_GITOPS = ['--server-side', '--field-manager=gitops', '-f', '-'];
const HOSTS = ['deviceA', 'deviceB']
  .map((name) => `${name}: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54"}}}`)
  .join('\n');

const [port = 0] = await freePorts(1);
const cluster = await testCluster([], { apiServerFlags: await routeServicesTo(port) });

const apply = (text: string, ...options: string[]) =>
  cluster.kubectl(['apply', ...AS_GITOPS, ...options], text);

/** What `kubectl diff` prints; '' when there is no difference. */
async function difference(text: string, ...options: string[]): Promise<string> {
  const args = ['diff', ...AS_GITOPS, ...options];
  const { code, stdout, stderr } = await kubectl(cluster.plane.kubeconfig, args, text);
  assert.ok(code === 0 || code === 1, stderr);
  // 1 stands for a difference and for some errors.
  assert.equal(code === 1, stdout !== '', stderr);
  return stdout;
}

interface FieldsOf {
  readonly manager: string;
  readonly subresource?: string;
  readonly time?: string;
}

/** The stored objects without their status, and without when they were written. */
async function stored(text: string): Promise<Manifest[]> {
  const answer = await cluster.kubectl(['get', '-f', '-', '-o', 'json', '--show-managed-fields'], text);
  // One object alone is no list.
  const list = JSON.parse(answer) as { items: Manifest[] } | Manifest;
  return ('items' in list ? (list.items as Manifest[]) : [list]).map((object) => {
    const { managedFields, ...metadata } = object.metadata as Manifest['metadata'] & {
      managedFields: FieldsOf[];
    };
    const owners = managedFields
      .filter(({ subresource }) => subresource === undefined)
      // After it has checked the types in an admission policy, the API server once stores an apply that changes nothing.
      .map((fields) => ({ ...fields, time: undefined }));
    return {
      ...object,
      metadata: { ...metadata, managedFields: owners, resourceVersion: undefined },
      status: undefined,
    };
  });
}

async function appliedAgainChangesNothing(text: string): Promise<void> {
  assert.equal(await difference(text), '');
  const before = await stored(text);
  assert.equal(before.length, manifests(text).length);
  await apply(text);
  const now = await stored(text);
  for (const [index, object] of before.entries())
    assert.deepEqual(now[index], object, `${object.kind} ${object.metadata.name}`);
}

const startWebhooks = (expandInPlace: boolean) =>
  startService(cluster.plane, {
    namespace: NAMESPACE,
    service: 'webhooks',
    environment: {
      NAAS_WEBHOOK_ADDRESS: `127.0.0.1:${port}`,
      NAAS_REQUIRE_TENANT: 'true',
      NAAS_EXPAND_IN_PLACE: String(expandInPlace),
    },
  });

const values = { namespace: { create: true }, requests: { expandInPlace: false } };
// Hooks are no part of what GitOps tools apply.
const chart = (await render({ values }))
  .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined)
  .map((object) => stringify(object))
  .join('---\n');
const tenants = [
  { name: 'tenant-a', vlans: [10, 33, '100-120'], trunk: true },
  { name: 'tenant-b', vlans: ['200-299'], shared: true, maxPorts: 8 },
]
  .map(({ name, maxPorts, ...grant }) =>
    stringify({
      apiVersion: 'network.as.a.service/v1',
      kind: 'Tenant',
      metadata: { name },
      spec: {
        members: [{ kind: 'User', name: `oidc:user@${name}.example`, role: 'Editor' }],
        grants: [{ devices: ['deviceA', 'deviceB'], ports: ['1-30', 31], ...grant }],
        ...(maxPorts !== undefined && { maxPorts }),
      },
    }),
  )
  .join('---\n');
/** The samples that are accepted, as they stand. */
const requests = (
  await Promise.all(
    ['1-tenant-a-request-001.yaml', '3-tenant-a-request-002.yaml'].map((file) =>
      readFile(join(ROOT, 'crds/samples', file), 'utf8'),
    ),
  )
).join('---\n');

await apply(chart);
await cluster.kubectl(['create', '-f', '-'], {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'catalog', namespace: NAMESPACE },
  data: { 'catalog.json': toCatalog(parseInventory({ hosts: HOSTS })) },
});
const stopWebhooks = await startWebhooks(false);
for (const service of ['interface-watcher', 'tenant-controller'])
  await startService(cluster.plane, { namespace: NAMESPACE, service });

test('the chart, applied again while the platform works, changes nothing', async () => {
  const generation = '--for=jsonpath={.status.observedGeneration}=1';
  await cluster.kubectl(['wait', generation, 'deployment', '--all', '-n', NAMESPACE, '--timeout=60s']);
  await appliedAgainChangesNothing(chart);
  // The webhooks wrote into two of these objects.
  const now = await stored(chart);
  for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'])
    assert.ok(only(now, kind, 'interfaces.network.as.a.service')['webhooks'][0].clientConfig.caBundle);
});

test('Tenants and requests, applied again after they were accepted, change nothing', async () => {
  await apply(tenants);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'tenant', '--all', '--timeout=60s']);
  // The webhooks learn of a Tenant by watch.
  await until('the requests are taken', () =>
    apply(requests).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && error.message.includes('TenantRequired')) return false;
        throw error;
      },
    ),
  );
  const accepted = ['wait', '--for=condition=Accepted', 'interface', '--all', '-A', '--timeout=60s'];
  await cluster.kubectl(accepted);
  await appliedAgainChangesNothing(tenants);
  await appliedAgainChangesNothing(requests);
  const [first] = await stored(requests);
  assert.deepEqual(first?.['spec'], manifests(requests)[0]?.['spec']);
  // The platform wrote into it.
  assert.match(JSON.stringify(first?.metadata), /network\.as\.a\.service\/release/);
});

test('a difference is seen, and taken back', async () => {
  assert.match(
    await difference(requests.replace('vlan: 110', 'vlan: 120')),
    /\n-.*vlan: 110\n\+.*vlan: 120\n/,
  );
  const scheduler = stringify(only(manifests(chart), 'Deployment', 'scheduler'));
  const patch = ['patch', 'deployment/scheduler', '-n', NAMESPACE, '-p', '{"spec":{"replicas":3}}'];
  await cluster.kubectl([...patch, '--field-manager=somebody']);
  await assert.rejects(apply(scheduler), /conflict with "somebody"/);
  assert.match(await difference(scheduler, '--force-conflicts'), /\n-.*replicas: 3\n\+.*replicas: 2\n/);
  await apply(scheduler, '--force-conflicts');
  assert.equal(await difference(scheduler), '');
});

test('with expandInPlace another spec is stored than was written, which server-side apply does not see', async () => {
  await stopWebhooks();
  await startWebhooks(true);
  const metadata = { name: 'request-003', namespace: 'tenant-a' };
  const request = stringify({ ...manifests(requests)[0], metadata });
  await apply(request);
  await appliedAgainChangesNothing(request);
  const [object] = await stored(request);
  assert.deepEqual(object?.['spec'].services[1].ports.slice(0, 3), ['1', '2', '3']);
});
