import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import type { EventInput } from '../../lib/kube/events.ts';
import { silentLog } from '../../lib/kube/log.ts';
import { CONFIG_MAPS, NODES, PODS, SECRETS, SERVICE_ACCOUNTS } from '../../lib/kube/resources.ts';
import { startNodeAgent, type NodeAgent } from '../../tools/node-agent/agent.ts';
import { apiServer } from '../support/api-server.ts';
import { kubectl } from '../support/kubectl.ts';
import { until } from '../support/until.ts';
import { POD_EXPECTATIONS } from './pod-expectations.ts';
import { PROBE, podWorld, terminated } from './pod-world.ts';

const IMAGE = 'network.as.a.service/naas:local';
const namespace = PLATFORM_NAMESPACE;
const stops: (() => Promise<unknown>)[] = [];
// Registered first: what talks to the control plane ends before it.
after(async () => {
  for (const stop of stops.reverse()) await stop();
});
const plane = await apiServer();
const connection = await connect({ kubeconfig: plane.kubeconfig });
stops.push(() => connection.close());
const pods = client(connection, PODS);
const dist = await mkdtemp(join(tmpdir(), 'naas-dist-'));
const state = await mkdtemp(join(tmpdir(), 'naas-node-'));
stops.push(() => Promise.all([dist, state].map((path) => rm(path, { recursive: true, force: true }))));
const events: EventInput[] = [];

await writeFile(join(dist, 'probe.mjs'), PROBE);

async function startAgent(): Promise<NodeAgent> {
  return startNodeAgent({
    ...{
      connection,
      nodeName: 'local',
      image: IMAGE,
      dist,
      state,
      namespace,
      log: silentLog,
      tls: plane.kubeletTls,
    },
    events: { event: (event) => void events.push(event), stop: () => Promise.resolve() },
  });
}
let agent = await startAgent();
stops.push(() => agent.stop());
await until('ServiceAccount', () =>
  client(connection, SERVICE_ACCOUNTS)
    .get({ namespace, name: 'default' })
    .catch(() => undefined),
);

const world = podWorld({ connection, kubeconfig: plane.kubeconfig, namespace, image: IMAGE });
const { run, phase, logs, gone } = world;

async function pidOf(name: string): Promise<number> {
  return until(`pid of ${name}`, async () => Number(/pid (\d+)/.exec(await logs(name))?.[1]) || undefined);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('this machine is a Node that is ready', async () => {
  const node = await client(connection, NODES).get({ name: 'local' });
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  assert.equal(ready?.status, 'True');
  assert.equal(node.status?.daemonEndpoints?.kubeletEndpoint?.Port, agent.port);
  const { stdout } = await kubectl(plane.kubeconfig, ['get', 'node', 'local', '--no-headers']);
  assert.match(stdout, /^local\s+Ready\s/);
});

for (const [name, holds] of Object.entries(POD_EXPECTATIONS)) test(name, () => holds(world));

test('a process gets the environment of its Pod and nothing of the agent’s', async () => {
  process.env['NAAS_TEST_SECRET_OF_THE_AGENT'] = 'canary';
  await client(connection, CONFIG_MAPS).create({
    metadata: { name: 'settings', namespace },
    data: { colour: 'blue' },
  });
  await client(connection, SECRETS).create({
    metadata: { name: 'hidden', namespace },
    data: { word: Buffer.from('xyzzy').toString('base64') },
  });
  await run(
    'environment',
    ['environment', '$(COLOUR)', '/etc/data/x', '$(NONE)'],
    {
      env: [
        { name: 'PLAIN', value: 'text' },
        { name: 'DIRECTORY', value: '/etc/data' },
        { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
        { name: 'WORD', valueFrom: { secretKeyRef: { name: 'hidden', key: 'word' } } },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        { name: 'NOTE', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['note']" } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'BOTH', value: '$(PLAIN)-$(COLOUR)-$$(PLAIN)' },
        { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } } },
        { name: 'NODE_OPTIONS', value: '--import data:text/javascript,process.exit(99)' },
      ],
      envFrom: [{ configMapRef: { name: 'settings' }, prefix: 'ALL_' }],
      resources: { limits: { cpu: '500m' } },
      volumeMounts: [{ name: 'data', mountPath: '/etc/data' }],
    },
    { volumes: [{ name: 'data', emptyDir: {} }] },
  );
  const { status } = await phase('environment', 'Succeeded');
  assert.equal(status?.podIP, '127.0.0.1');
  const { env, argv } = JSON.parse(await logs('environment')) as {
    env: Record<string, string>;
    argv: string[];
  };
  const directory = env['DIRECTORY'] ?? '';
  assert.ok(directory.startsWith(state));
  assert.deepEqual(argv, ['environment', 'blue', `${directory}/x`, '$(NONE)']);
  const expected = {
    ...{ PLAIN: 'text', COLOUR: 'blue', WORD: 'xyzzy', NODE: 'local', NOTE: 'hello', CPU: '500' },
    ...{ BOTH: 'text-blue-$(PLAIN)', ALL_colour: 'blue', HOSTNAME: 'environment' },
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(env[name], value, name);
  const own = ['HOME', 'TMPDIR', 'NODE_COMPILE_CACHE', 'KUBECONFIG', 'DIRECTORY'];
  assert.deepEqual(Object.keys(env).sort(), [...Object.keys(expected), ...own].sort());
});

test('mounts hold what they should, readable by the user only, and go when the Pod has ended', async () => {
  await run(
    'files',
    ['files', '/etc/mixed'],
    { volumeMounts: [{ name: 'mixed', mountPath: '/etc/mixed' }] },
    {
      volumes: [
        {
          name: 'mixed',
          projected: {
            sources: [
              { secret: { name: 'hidden', items: [{ key: 'word', path: 'secret' }] } },
              { configMap: { name: 'settings' } },
              { serviceAccountToken: { path: 'token', audience: 'elsewhere', expirationSeconds: 600 } },
              { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
            ],
          },
        },
      ],
    },
  );
  const pod = await phase('files', 'Succeeded');
  const files = JSON.parse(await logs('files')) as [name: string, content: string, mode: string][];
  const byName = new Map(files.map(([name, content]) => [name, content]));
  assert.equal(byName.get('secret'), 'xyzzy');
  assert.equal(byName.get('colour'), 'blue');
  assert.equal(byName.get('labels'), 'app="test"');
  const claims = JSON.parse(
    Buffer.from(byName.get('token')?.split('.')[1] ?? '', 'base64url').toString(),
  ) as {
    aud: string[];
    'kubernetes.io': { pod: { uid: string } };
  };
  assert.deepEqual(claims.aud, ['elsewhere']);
  assert.equal(claims['kubernetes.io'].pod.uid, pod.metadata.uid);
  assert.deepEqual(new Set(files.map(([, , mode]) => mode)), new Set(['600']));
  const root = join(state, 'pods', pod.metadata.uid ?? '');
  await until('volumes wiped', () => (existsSync(join(root, 'volumes')) ? undefined : true));
  assert.equal(statSync(root).mode & 0o077, 0);
});

test('a Pod talks to the API server as its ServiceAccount', async () => {
  await client(connection, SERVICE_ACCOUNTS).create({ metadata: { name: 'worker', namespace } });
  await run('whoami', ['whoami'], {}, { serviceAccountName: 'worker' });
  await phase('whoami', 'Succeeded');
  assert.equal((await logs('whoami')).trim(), `system:serviceaccount:${namespace}:worker`);
});

test('a Pod waits for what its mounts lack, says so, and starts when it is there', async () => {
  await run(
    'waiting',
    ['files', '/etc/late'],
    { volumeMounts: [{ name: 'late', mountPath: '/etc/late' }] },
    {
      volumes: [{ name: 'late', secret: { secretName: 'late' } }],
    },
  );
  await until('FailedMount', () =>
    events.find(
      ({ reason, regarding, note }) =>
        reason === 'FailedMount' && regarding.metadata.name === 'waiting' && /"late" not found/.test(note),
    ),
  );
  const pod = await until('waiting reason', async () => {
    const stored = await pods.get({ namespace, name: 'waiting' });
    return stored.status?.containerStatuses?.[0]?.state?.waiting?.reason === undefined ? undefined : stored;
  });
  assert.equal(pod.status?.phase, 'Pending');
  assert.equal(pod.status.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
  await client(connection, SECRETS).create({ metadata: { name: 'late', namespace }, data: {} });
  await phase('waiting', 'Succeeded');
});

test('logs are for the API server alone', async () => {
  const { caPem, cert, key } = plane.kubeletTls;
  const call = (options: object): Promise<number> =>
    new Promise((resolve, reject) => {
      const path = `/containerLogs/${namespace}/counting/main`;
      const sent = request(
        { host: '127.0.0.1', port: agent.port, path, ca: caPem, agent: false, ...options },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  await assert.rejects(call({}), 'without a certificate');
  await assert.rejects(
    call({ cert: plane.admin.cert, key: plane.admin.key }),
    'an administrator’s certificate',
  );
  await assert.rejects(call({ cert, key }), 'a certificate of the authority that is for servers');
});

test('an image that is not the platform’s does not run', async () => {
  await run('foreign', ['exit', '0'], { image: 'busybox:latest' }, {});
  const pod = await phase('foreign', 'Failed');
  assert.equal(pod.status?.reason, 'ErrImageNeverPull');
  assert.match(pod.status.message ?? '', /busybox:latest.*not here/);
});

test('another program than the image’s own does not run', async () => {
  await run('shell', [], { command: ['sh', '-c', 'id'] });
  const pod = await phase('shell', 'Failed');
  assert.deepEqual([terminated(pod)?.exitCode, terminated(pod)?.reason], [128, 'StartError']);
  assert.match(terminated(pod)?.message ?? '', /runs "node \/app\/<name>\.mjs" and nothing else/);
});

test('Pods of another namespace are left alone, or refused if somebody bound them here', async () => {
  await until('ServiceAccount', () =>
    client(connection, SERVICE_ACCOUNTS)
      .get({ namespace: 'default', name: 'default' })
      .catch(() => undefined),
  );
  const spec = {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: IMAGE, command: ['node', '/app/probe.mjs', 'exit', '0'] }],
  };
  await pods.create({ metadata: { name: 'elsewhere', namespace: 'default' }, spec });
  await pods.create({
    metadata: { name: 'bound', namespace: 'default' },
    spec: { ...spec, nodeName: 'local' },
  });
  await until('refused', async () => {
    const pod = await pods.get({ namespace: 'default', name: 'bound' });
    return pod.status?.reason === 'UnexpectedAdmissionError' ? pod : undefined;
  });
  assert.equal((await pods.get({ namespace: 'default', name: 'elsewhere' })).spec?.nodeName, undefined);
});

test('a deleted Pod gets SIGTERM, and the object goes when its process has gone', async () => {
  await run('polite', ['polite']);
  await phase('polite', 'Running');
  const pid = await pidOf('polite');
  await pods.delete({ namespace, name: 'polite' });
  await gone('polite');
  assert.ok(!isAlive(pid));
});

test('a process that ignores SIGTERM is killed after the grace period, with all its children', async () => {
  await run('stubborn', ['stubborn'], {}, { terminationGracePeriodSeconds: 1 });
  await run('family', ['family'], {}, { terminationGracePeriodSeconds: 1 });
  await phase('stubborn', 'Running');
  await phase('family', 'Running');
  const pids = [await pidOf('stubborn'), await pidOf('family')];
  await Promise.all(['stubborn', 'family'].map((name) => pods.delete({ namespace, name })));
  await Promise.all(['stubborn', 'family'].map(gone));
  for (const pid of pids) await until('child gone', () => (isAlive(pid) ? undefined : true));
});

test('more Pods than the node takes wait their turn', async () => {
  await agent.stop();
  agent = await startNodeAgent({
    ...{
      connection,
      nodeName: 'local',
      image: IMAGE,
      dist,
      state,
      namespace,
      log: silentLog,
      tls: plane.kubeletTls,
      mostPods: 1,
    },
    events: { event: () => undefined, stop: () => Promise.resolve() },
  });
  for (const name of ['turn-1', 'turn-2', 'turn-3']) await run(name, ['count', '3']);
  const ended = await Promise.all(['turn-1', 'turn-2', 'turn-3'].map((name) => phase(name, 'Succeeded')));
  const times = ended.map(
    (pod) =>
      [Date.parse(terminated(pod)?.startedAt ?? ''), Date.parse(terminated(pod)?.finishedAt ?? '')] as const,
  );
  times.sort(([a], [b]) => a - b);
  for (const [index, [started]] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined) assert.ok(started >= before[1] - 1000);
  }
  await agent.stop();
  agent = await startAgent();
});

test('an agent that is stopped ends its Pods and says that the Node is not ready', async () => {
  await run('stopped', ['wait']);
  await phase('stopped', 'Running');
  const pid = await pidOf('stopped');
  await agent.stop();
  assert.ok(!isAlive(pid));
  const pod = await phase('stopped', 'Failed');
  assert.equal(pod.status?.reason, 'Terminated');
  const node = await client(connection, NODES).get({ name: 'local' });
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  agent = await startAgent();
});

test('an agent that is killed leaves no process behind, and the next one tells the truth about its Pods', async () => {
  await agent.stop();
  const files = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' };
  await writeFile(join(dist, files.ca), plane.kubeletTls.caPem);
  await writeFile(join(dist, files.cert), plane.kubeletTls.cert);
  await writeFile(join(dist, files.key), plane.kubeletTls.key);
  const main = new URL('../../tools/node-agent/main.ts', import.meta.url).pathname;
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: {
      KUBECONFIG: plane.kubeconfig,
      NAAS_NODE_NAME: 'local',
      NAAS_IMAGE: IMAGE,
      NAAS_DIST_DIRECTORY: dist,
      NAAS_STATE_DIRECTORY: state,
      NAAS_KUBELET_CA: join(dist, files.ca),
      NAAS_KUBELET_CERTIFICATE: join(dist, files.cert),
      NAAS_KUBELET_KEY: join(dist, files.key),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = text(child.stdout ?? process.stdin);
  await run('orphan', ['stubborn']);
  await phase('orphan', 'Running');
  const pid = await pidOf('orphan');
  child.kill('SIGKILL');
  await output;
  agent = await startAgent();
  await until('process gone', () => (isAlive(pid) ? undefined : true), 10_000);
  const pod = await phase('orphan', 'Failed');
  assert.equal(terminated(pod)?.reason, 'ContainerStatusUnknown');
  assert.equal(terminated(pod)?.exitCode, 137);
  assert.match(await logs('orphan'), /pid \d+/);
  await pods.delete({ namespace, name: 'orphan' });
  await gone('orphan');
});

test('nothing of a Pod is left on disk once it is deleted', async () => {
  const { items } = await pods.list({ namespace });
  await Promise.all(items.map(({ metadata }) => pods.delete({ namespace, name: metadata.name })));
  await Promise.all(items.map(({ metadata }) => gone(metadata.name)));
  await until('directories gone', () => (readdirSync(join(state, 'pods')).length === 0 ? true : undefined));
});
