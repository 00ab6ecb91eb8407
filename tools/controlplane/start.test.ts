import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { apiCaller } from '../../test/support/api-caller.ts';
import { kubectl } from '../../test/support/kubectl.ts';
import { until } from '../../test/support/until.ts';
import { apiRequest } from './api-request.ts';
import { createAuthority } from './certificates.ts';
import { ComponentError } from './component.ts';
import { freePorts } from './free-port.ts';
import { identify, isRunning, type ProcessIdentity } from '../../lib/process/process-identity.ts';
import { startControlPlane, type ControlPlane } from './start.ts';

const API_ONLY = { controllerManager: false };

async function identities(pids: Readonly<Record<string, number>>): Promise<ProcessIdentity[]> {
  const found = await Promise.all(Object.values(pids).map(identify));
  return found.map((identity) => identity ?? assert.fail('a component does not run'));
}

const allGone = async (processes: readonly ProcessIdentity[]) =>
  (await Promise.all(processes.map(isRunning))).every((running) => !running);

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('a control plane', async () => {
  const controlPlane: ControlPlane = await startControlPlane();
  after(() => controlPlane.stop());

  it('serves the pinned version to its administrator', async () => {
    const { stdout, code } = await kubectl(controlPlane.kubeconfig, ['version', '--output=json']);
    assert.equal(code, 0);
    const { clientVersion, serverVersion } = JSON.parse(stdout);
    assert.equal(serverVersion.gitVersion, clientVersion.gitVersion);
    assert.match(serverVersion.gitVersion, /^v1\.36\./);
  });

  it('knows a user by the certificate it made for him', async () => {
    const kubeconfig = await controlPlane.kubeconfigFor({ name: 'a/b@example.com', groups: ['one', 'two'] });
    const { stdout } = await kubectl(kubeconfig, ['auth', 'whoami', '--output=json']);
    const { userInfo } = JSON.parse(stdout).status;
    assert.equal(userInfo.username, 'a/b@example.com');
    assert.deepEqual(userInfo.groups, ['one', 'two', 'system:authenticated']);
    assert.equal((await kubectl(kubeconfig, ['get', 'namespaces'])).code, 1);
  });

  it('tells strangers about its health and nothing else', async () => {
    const { cert, key } = await (
      await createAuthority('strangers', Date.now())
    ).issueClient({ name: 'stranger' });
    const known = apiRequest(controlPlane.server, controlPlane.caPem, controlPlane.admin);
    const unknown = apiRequest(controlPlane.server, controlPlane.caPem, { cert, key });
    try {
      assert.equal((await unknown({ path: '/readyz' })).status, 401, 'a foreign certificate');
      assert.equal((await known({ path: '/version' })).status, 200);
    } finally {
      known.close();
      unknown.close();
    }
    const anonymous = async (path: string) => {
      const ca = join(controlPlane.directory, 'pki', 'ca.crt');
      const script = `fetch(process.argv[1]).then((answer) => console.log(answer.status))`;
      const child = spawn(process.execPath, ['-e', script, `${controlPlane.server}${path}`], {
        env: { NODE_EXTRA_CA_CERTS: ca },
      });
      const [line] = await once(createInterface(child.stdout), 'line');
      return Number(line);
    };
    assert.equal(await anonymous('/readyz'), 200);
    assert.equal(await anonymous('/version'), 401);
    assert.equal(await anonymous('/api/v1/namespaces'), 401);
  });

  it('runs the controllers: a new namespace gets its service account', async () => {
    const admin = await apiCaller(controlPlane.kubeconfig);
    try {
      const namespaces = '/api/v1/namespaces';
      await admin('POST', namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' } });
      const account = async () =>
        (await admin('GET', `${namespaces}/fresh/serviceaccounts/default`)).status === 200;
      await until('the service account', account);
      const token = await admin('POST', `${namespaces}/fresh/serviceaccounts/default/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      });
      assert.equal(token.status, 201);
      const review = await admin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: token.body.status.token },
      });
      assert.equal(review.body.status.user.username, 'system:serviceaccount:fresh:default');
    } finally {
      admin.close();
    }
  });

  it('reaches a kubelet on this machine, to which it proves itself by a certificate of its own', async () => {
    const { caPem, cert, key } = controlPlane.kubeletTls;
    const callers: string[] = [];
    const kubelet = createTlsServer({ ca: caPem, cert, key, requestCert: true }, (call, answer) => {
      callers.push(String((call.socket as TLSSocket).getPeerCertificate().subject.CN));
      answer.end('from the kubelet\n');
    });
    kubelet.listen(0, '127.0.0.1');
    await once(kubelet, 'listening');
    const address = kubelet.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const admin = await apiCaller(controlPlane.kubeconfig);
    try {
      await admin('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
      const status = {
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      };
      // The controller manager writes to a new node, too.
      await until('the address of the node', async () => {
        const { body } = await admin('GET', '/api/v1/nodes/n');
        return (await admin('PUT', '/api/v1/nodes/n/status', { ...body, status })).status === 200;
      });
      const pods = '/api/v1/namespaces/default/pods';
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
      };
      await until('the pod', async () => (await admin('POST', pods, pod)).status === 201);
      const { stdout, stderr } = await kubectl(controlPlane.kubeconfig, ['logs', 'p']);
      assert.equal(stdout, 'from the kubelet\n', stderr);
      assert.deepEqual(callers, ['kube-apiserver-kubelet-client']);
      await admin('DELETE', `${pods}/p?gracePeriodSeconds=0`);
      await admin('DELETE', '/api/v1/nodes/n');
    } finally {
      admin.close();
      kubelet.closeAllConnections();
      kubelet.close();
    }
  });

  it('keeps its secrets to the user who started it', async () => {
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    assert.equal(await mode(controlPlane.directory), 0o700);
    const entries = await readdir(controlPlane.directory, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const secret: string[] = [];
    for (const file of files) {
      if (/PRIVATE KEY|client-key-data/.test(await readFile(file, 'latin1'))) secret.push(file);
    }
    assert.ok(secret.some((file) => file.endsWith('kubeconfig')) && secret.length >= 6, secret.join());
    for (const file of secret) assert.equal(await mode(file), 0o600, file);
  });

  it('listens on this machine only', async () => {
    assert.equal(new URL(controlPlane.server).hostname, '127.0.0.1');
    const ports = new Set<string>();
    for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
      for (const line of (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)) {
        const [, local, , state] = line.trim().split(/\s+/);
        if (state === '0A' && local !== undefined) ports.add(local);
      }
    }
    const hex = Number(new URL(controlPlane.server).port).toString(16).toUpperCase().padStart(4, '0');
    const listening = [...ports].filter((local) => local.endsWith(`:${hex}`));
    if (process.platform === 'linux') assert.deepEqual(listening, [`0100007F:${hex}`]);
  });
});

describe('starting', () => {
  it('takes other ports when one is taken before it is used', async () => {
    const busy = createServer();
    busy.listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const address = busy.address();
    const taken = typeof address === 'object' && address !== null ? address.port : assert.fail();
    const lines: string[] = [];
    let tries = 0;
    const controlPlane = await startControlPlane({
      ...API_ONLY,
      onProgress: (line) => lines.push(line),
      choosePorts: async (count) => {
        tries += 1;
        const ports = await freePorts(count);
        return tries < 3 ? ports.with(tries === 1 ? 0 : 2, taken) : ports;
      },
    });
    try {
      assert.equal(tries, 3);
      assert.equal(
        lines.filter((line) => line === 'a port was taken by somebody else: trying others').length,
        2,
      );
    } finally {
      await controlPlane.stop();
      busy.close();
    }
  });

  it('says why a component ends, and leaves nothing behind', async () => {
    const before = await temporaryDirectories();
    const starting = startControlPlane({ ...API_ONLY, apiServerFlags: { 'no-such-flag': 'x' } });
    await assert.rejects(starting, (error) => {
      assert.ok(error instanceof ComponentError);
      assert.match(error.message, /^kube-apiserver exited with code 1\. The end of .*kube-apiserver\.log:\n/);
      assert.match(error.log, /unknown flag: --no-such-flag/);
      return true;
    });
    assert.deepEqual((await temporaryDirectories()).difference(before), new Set());
  });

  it('stops within seconds, removing its temporary directory', async () => {
    const controlPlane = await startControlPlane(API_ONLY);
    const processes = await identities(controlPlane.pids);
    await Promise.all([controlPlane.stop(), controlPlane.stop()]);
    assert.ok(await allGone(processes));
    assert.equal(await exists(controlPlane.directory), false);
  });

  it('tells its owner when a component dies', async () => {
    const controlPlane = await startControlPlane(API_ONLY);
    try {
      process.kill(controlPlane.pids['kube-apiserver'] ?? assert.fail(), 'SIGKILL');
      assert.match((await controlPlane.failed).message, /^kube-apiserver was ended by SIGKILL/);
    } finally {
      await controlPlane.stop();
    }
  });
});

describe('a directory that is kept', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'naas-kept-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('holds data and token key for the next start, and is not shared by two', async () => {
    const first = await startControlPlane({ ...API_ONLY, directory });
    const key = await readFile(join(directory, 'pki', 'service-account.key'), 'utf8');
    try {
      await assert.rejects(
        startControlPlane({ ...API_ONLY, directory }),
        new RegExp(`already running from ${directory}, started by process ${process.pid}`),
      );
      const made = await kubectl(first.kubeconfig, ['create', 'namespace', 'kept']);
      assert.equal(made.code, 0, made.stderr);
    } finally {
      await first.stop();
    }
    assert.equal(await exists(join(directory, 'processes.json')), false);
    const second = await startControlPlane({ ...API_ONLY, directory });
    try {
      assert.equal((await kubectl(second.kubeconfig, ['get', 'namespace', 'kept'])).code, 0);
      assert.equal(await readFile(join(directory, 'pki', 'service-account.key'), 'utf8'), key);
      assert.ok(await exists(join(directory, 'logs', 'etcd.previous.log')));
    } finally {
      await second.stop();
    }
  });

  it('is cleared of what a crashed run left, but of no other process', async () => {
    const crashed = await ownedByAnother(directory);
    // Both the owner and its watchdog are killed: only the run file still knows.
    process.kill(crashed.watchdog, 'SIGKILL');
    crashed.owner.kill('SIGKILL');
    await once(crashed.owner, 'exit');
    const bystander = spawn('sleep', ['60']);
    await once(bystander, 'spawn');
    const run = JSON.parse(await readFile(join(directory, 'processes.json'), 'utf8'));
    // An id that has passed on to another process since.
    run.components.reused = { pid: bystander.pid, started: 'before the bystander' };
    await writeFile(join(directory, 'processes.json'), JSON.stringify(run));

    const lines: string[] = [];
    const controlPlane = await startControlPlane({
      ...API_ONLY,
      directory,
      onProgress: (line) => lines.push(line),
    });
    try {
      assert.ok(await allGone(crashed.components));
      assert.deepEqual(lines.slice(0, 2), [
        'stopped etcd, left behind by a crashed run',
        'stopped kube-apiserver, left behind by a crashed run',
      ]);
      assert.equal(bystander.exitCode ?? bystander.signalCode, null);
    } finally {
      bystander.kill();
      await controlPlane.stop();
    }
  });
});

describe('when the owner is killed', () => {
  it('the watchdog stops all components and removes the temporary directory', async () => {
    const { owner, components, directory } = await ownedByAnother();
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await until('the end of the components', () => allGone(components));
    await until('the end of the directory', async () => !(await exists(directory)));
  });
});

async function temporaryDirectories(): Promise<Set<string>> {
  return new Set((await readdir(tmpdir())).filter((entry) => entry.startsWith('naas-controlplane-')));
}

/** A control plane whose owner is another Node process, to be killed. */
async function ownedByAnother(directory?: string): Promise<{
  owner: ChildProcess;
  watchdog: number;
  components: ProcessIdentity[];
  directory: string;
}> {
  const script = `
    const { startControlPlane } = await import(process.argv[1]);
    const { pids, directory } = await startControlPlane(JSON.parse(process.argv[2]));
    console.log(JSON.stringify({ pids, directory }));
    setInterval(() => undefined, 1000);
  `;
  const options = JSON.stringify({ ...API_ONLY, ...(directory === undefined ? {} : { directory }) });
  const start = new URL('start.ts', import.meta.url).href;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script, start, options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(owner.stdout), 'line');
  const { pids, directory: chosen } = JSON.parse(line);
  const run = JSON.parse(await readFile(join(chosen, 'processes.json'), 'utf8'));
  return { owner, watchdog: run.watchdog.pid, components: await identities(pids), directory: chosen };
}
