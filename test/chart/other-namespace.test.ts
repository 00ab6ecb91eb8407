/** The chart in a namespace of another name: the services follow it, and what `helm test` runs tells right from wrong. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { toCatalog } from '../../lib/inventory/catalog.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import { freePorts } from '../../tools/controlplane/free-port.ts';
import { helm } from '../support/helm.ts';
import { kubectl } from '../support/kubectl.ts';
import { CHART } from './chart.ts';
import { testCluster } from './cluster.ts';
import { startService } from './service.ts';

const NAMESPACE = 'network';
/** Where `helm test` asks for a port that must be allowed. */
const TENANT = 'tenant-b';
const HOSTS = 'devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54"}}}';

const cluster = await testCluster([NAMESPACE, TENANT]);
const { plane } = cluster;
const installed = await helm(plane.kubeconfig, [
  ...['install', 'naas', CHART, '--namespace', NAMESPACE],
  ...['--set', `test.allowed.namespace=${TENANT},test.allowed.device=devicea,test.allowed.port=1`],
]);
assert.equal(installed.code, 0, installed.stderr);
await cluster.kubectl(['create', '-f', '-'], {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'catalog', namespace: NAMESPACE },
  data: { 'catalog.json': toCatalog(parseInventory({ hosts: HOSTS })) },
});
const tenant = (name: string, spec: object) => ({
  ...{ apiVersion: 'network.as.a.service/v1', kind: 'Tenant' },
  metadata: { name },
  spec,
});

const start = (service: string, environment: Record<string, string> = {}) =>
  startService(plane, { namespace: NAMESPACE, service, environment });

/** Runs what the Pod of `helm test` runs, as its account. */
async function helmTest(
  device: string,
  port: string,
  namespace = TENANT,
  serverPort = new URL(plane.server).port,
): Promise<{ code: number | null; output: string }> {
  const tokenFile = join(plane.directory, 'helm-test.token');
  await writeFile(tokenFile, await cluster.kubectl(['create', 'token', 'helm-test', '-n', NAMESPACE]));
  const caFile = join(plane.directory, 'helm-test-ca.pem');
  await writeFile(caFile, plane.caPem);
  const script = await readFile(join(CHART, 'files/admission-test.mjs'), 'utf8');
  const mounted = '/var/run/secrets/kubernetes.io/serviceaccount/token';
  assert.ok(script.includes(mounted));
  const { hostname } = new URL(plane.server);
  const args = ['--input-type=module', '--eval', script.replace(mounted, tokenFile)];
  const child = spawn(process.execPath, args, {
    env: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: serverPort,
      NODE_EXTRA_CA_CERTS: caFile,
      NAAS_TEST_NAMESPACE: namespace,
      NAAS_TEST_DEVICE: device,
      NAAS_TEST_PORT: port,
      NAAS_TEST_VLAN: '10',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code: child.exitCode, output };
}

test('what helm test runs tells whether admission denies and allows', async () => {
  // The hook's account and role; Helm makes them when it runs the test, but would wait for the Pod in vain here.
  const { stdout } = await helm(plane.kubeconfig, ['get', 'hooks', 'naas', '--namespace', NAMESPACE]);
  const objects = stdout.split('\n---\n').filter((object) => !/^kind: Pod$/m.test(object));
  await cluster.kubectl(['apply', '-f', '-'], objects.join('\n---\n'));

  const away = await helmTest('', '');
  assert.equal(away.code, 1, away.output);
  assert.match(away.output, /^FAILED: .*"code":500/m);

  const stopWebhooks = await start('webhooks', {
    NAAS_WEBHOOK_URL: 'https://127.0.0.1:0',
    NAAS_REQUIRE_TENANT: 'true',
  });
  const grants = [{ devices: ['devicea'], ports: ['*'], vlans: ['10'] }];
  await cluster.kubectl(['create', '-f', '-'], tenant(TENANT, { grants }));
  let right = await helmTest('devicea', '1');
  // The webhooks learn of the Tenant by watch.
  while (/TenantRequired/.test(right.output)) right = await helmTest('devicea', '1');
  assert.equal(right.code, 0, right.output);
  assert.match(
    right.output,
    /^ok: a switch that nobody has is denied by the policy with DeviceUnknown: .*DeviceUnknown/m,
  );
  assert.match(right.output, /^ok: port 1 of devicea may be asked for/m);

  const wrong = await helmTest('devicea', '999');
  assert.equal(wrong.code, 1);
  assert.match(wrong.output, /^FAILED: port 999 of devicea may be asked for: .*PortUnknown/m);

  // As installed without values: only the denial is asked for, in a namespace that is no tenant's.
  const rights = objects.join('\n---\n').replaceAll(`namespace: ${TENANT}`, `namespace: ${NAMESPACE}`);
  await cluster.kubectl(['apply', '-f', '-'], rights);
  const plain = await helmTest('', '', NAMESPACE);
  assert.equal(plain.code, 0, plain.output);

  // A Pod whose network is not ready yet when it begins.
  const [port = 0] = await freePorts(1);
  const { hostname, port: onward } = new URL(plane.server);
  const relay = createServer((socket) => {
    pipeline(socket, connect(Number(onward), hostname), socket, () => undefined);
  });
  const early = helmTest('', '', NAMESPACE, String(port));
  await wait(1500);
  relay.listen(port, '127.0.0.1');
  try {
    const { code, output } = await early;
    assert.equal(code, 0, output);
  } finally {
    relay.close();
  }
  await stopWebhooks();
});

test('S-44 ledgers are made in the release’s namespace, by the interface-watcher of that namespace alone', async () => {
  await start('interface-watcher');
  await cluster.kubectl(['wait', '--for=create', 'device/devicea', '-n', NAMESPACE, '--timeout=60s']);
  const device = {
    apiVersion: 'network.as.a.service/v1',
    kind: 'Device',
    metadata: { name: 'forged', namespace: NAMESPACE },
    spec: {},
  };
  for (const name of ['system:serviceaccount:naas-system:interface-watcher', 'admin']) {
    const kubeconfig = await plane.kubeconfigFor({ name, groups: ['system:masters'] });
    const { code, stderr } = await kubectl(kubeconfig, ['create', '-f', '-'], JSON.stringify(device));
    assert.equal(code, 1, name);
    assert.match(stderr, /Devices are written by the interface-watcher only/);
  }
});

test('S-35 a Tenant is set up by the controller of that namespace; the namespace itself cannot be a tenant’s', async () => {
  const stop = await start('tenant-controller');
  const members = [{ kind: 'User', name: 'oidc:user@tenant-a.example', role: 'Editor' }];
  await cluster.kubectl(['create', '-f', '-'], tenant('tenant-a', { members }));
  await cluster.kubectl(['wait', '--for=condition=Ready', 'tenant/tenant-a', '--timeout=60s']);
  await cluster.kubectl(['get', 'rolebinding', 'naas-editors', '-n', 'tenant-a']);
  await assert.rejects(
    cluster.kubectl(['create', '-f', '-'], tenant(NAMESPACE, { members })),
    /must not be a namespace of the system/,
  );
  await stop();
});
