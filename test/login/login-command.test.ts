/** From nothing to `kubectl apply`: `kubectl naas login` on a real API server. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { clusterStage } from './cluster-stage.ts';
import type { ClusterStage } from './cluster-stage.ts';
import { ANNA, BEN } from './stage.ts';

interface Kubeconfig {
  readonly 'current-context': string;
  readonly clusters: { readonly name: string; readonly cluster: Record<string, unknown> }[];
  readonly contexts: { readonly name: string; readonly context: Record<string, unknown> }[];
  readonly users: { readonly name: string; readonly user: { readonly exec?: Exec } }[];
}

interface Exec {
  command: string;
  args: string[];
  env?: { name: string; value: string }[];
  provideClusterInfo?: boolean;
}

let stage: ClusterStage;
before(async () => {
  stage = await clusterStage();
});
after(() => stage?.close());
/** Where logins are kept: below the person's home. */
const kept = () => join(stage.login.folder, '.cache');
beforeEach(async () => {
  await rm(kept(), { recursive: true, force: true });
  await rm(stage.kubeconfig, { force: true });
});

const login = (account: string, words: readonly string[] = []) =>
  stage.run([
    'kubectl',
    'naas',
    'login',
    ...stage.server,
    ...stage.login.options(account),
    '--scope',
    'groups',
    ...words,
  ]);

async function kubeconfig(): Promise<Kubeconfig> {
  return parse(await readFile(stage.kubeconfig, 'utf8')) as Kubeconfig;
}

describe('kubectl naas login', () => {
  it('writes a context for each namespace that is the person’s, says who they are and what they may do', async () => {
    const { code, stdout, stderr } = await login(ANNA);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /You are +oidc:anna@tenant-a\.example\n/);
    assert.match(stdout, /\ntenant-a +editor /);
    assert.match(stdout, /\nteam-a +viewer /);
    assert.ok(!stdout.includes('tenant-b'));
    const config = await kubeconfig();
    assert.deepEqual(
      config.contexts.map(({ name, context }) => [name, context['namespace']]),
      [
        ['lab/tenant-a', 'tenant-a'],
        ['lab/team-a', 'team-a'],
      ],
    );
    assert.equal(config['current-context'], 'lab/tenant-a');
    assert.equal(config.users[0]?.user.exec?.command, 'kubectl-naas');
    assert.equal((await stat(stage.kubeconfig)).mode & 0o777, 0o600);
  });

  it('lets kubectl work at once, in the person’s namespace and in no other', async () => {
    await login(ANNA);
    const mine = await stage.run(['kubectl', 'get', 'interfaces']);
    assert.deepEqual([mine.code, mine.stderr], [0, 'No resources found in tenant-a namespace.\n']);
    const other = await stage.run(['kubectl', 'get', 'interfaces', '--namespace', 'tenant-b']);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /Forbidden.*oidc:anna@tenant-a\.example/);
    const viewing = await stage.run([
      'kubectl',
      'auth',
      'can-i',
      'create',
      'interfaces',
      '--context',
      'lab/team-a',
    ]);
    assert.equal(viewing.stdout, 'no\n');
  });

  it('again needs no options; contexts of others stay', async () => {
    await login(ANNA);
    const text = await readFile(stage.kubeconfig, 'utf8');
    const config = parse(text) as Kubeconfig;
    config.contexts.push({ name: 'mine', context: { cluster: 'lab', user: 'admin', namespace: 'tenant-a' } });
    config.users.push({ name: 'admin', user: {} });
    await writeFile(stage.kubeconfig, `# of mine\n${stringify(config)}`);
    const { code, stderr } = await stage.run(['kubectl', 'naas', 'login']);
    assert.equal(code, 0, stderr);
    const after = await kubeconfig();
    assert.deepEqual(after.contexts.map(({ name }) => name).sort(), ['lab/team-a', 'lab/tenant-a', 'mine']);
    assert.match(await readFile(stage.kubeconfig, 'utf8'), /^# of mine\n/);
  });

  it('of two people on one machine keeps them apart', async () => {
    await login(ANNA);
    await login(BEN);
    const config = await kubeconfig();
    assert.deepEqual(
      config.users.map(({ name }) => name),
      [`lab/${ANNA}`, `lab/${BEN}`],
    );
    for (const [context, name] of [
      ['lab/tenant-a', ANNA],
      [`lab/${BEN}`, BEN],
    ])
      assert.match(
        (await stage.run(['kubectl', 'auth', 'whoami', '--context', context ?? ''])).stdout,
        new RegExp(`oidc:${name}`),
      );
  });

  it('of somebody without a namespace says whom to ask', async () => {
    const { code, stderr } = await login(BEN);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /No namespace was found .*\nNext: kubectl naas login --namespace NAME/);
  });

  it('finds a namespace that nobody could guess when it is named', async () => {
    await stage.apply(`
apiVersion: v1
kind: Namespace
metadata: { name: x-17 }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: ben, namespace: x-17 }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: naas-tenant }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:${BEN}" }]
`);
    await login(BEN, ['--namespace', 'x-17', '--namespace', 'tenant-a']);
    assert.deepEqual(
      (await kubeconfig()).contexts.map(({ name }) => name),
      ['lab/x-17'],
    );
  });

  it('of an administrator writes no contexts for namespaces that are not there', async () => {
    await stage.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: ben-admin }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:${BEN}" }]
`);
    try {
      await login(BEN);
      assert.deepEqual(
        (await kubeconfig()).contexts.map(({ name }) => name),
        ['lab/tenant-b'],
      );
    } finally {
      await stage.run(['kubectl', 'delete', 'clusterrolebinding', 'ben-admin'], {
        KUBECONFIG: stage.plane.kubeconfig,
      });
    }
  });

  it('at a cluster behind a proxy goes through it, and so does kubectl afterwards', async () => {
    const proxy = await startConnectProxy();
    try {
      const cluster = {
        server: stage.plane.server,
        'certificate-authority': stage.serverCa,
        'proxy-url': proxy.address,
      };
      await writeFile(stage.kubeconfig, stringify({ clusters: [{ name: 'lab', cluster }] }));
      const words = ['kubectl', 'naas', 'login', '--cluster', 'lab', ...stage.login.options(ANNA)];
      const { code, stdout, stderr } = await stage.run(words);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /You are +oidc:anna@tenant-a\.example\n/);
      const { host } = new URL(stage.plane.server);
      const before = proxy.tunnels.length;
      const mine = await stage.run(['kubectl', 'get', 'interfaces']);
      assert.deepEqual([mine.code, mine.stderr], [0, 'No resources found in tenant-a namespace.\n']);
      assert.ok(proxy.tunnels.length > before);
      assert.deepEqual([...new Set(proxy.tunnels)], [host]);
      await proxy.close();
      // Nothing goes past the proxy: not even the first look at what is the person's.
      const cut = await stage.run([...words, '--namespace', 'tenant-a']);
      assert.equal(cut.code, 2);
      assert.match(cut.stderr, /The API server cannot be reached: .*ECONNREFUSED/);
      assert.doesNotMatch(cut.stderr, /Written to/);
    } finally {
      await proxy.close();
    }
  });

  it('S-83 at a cluster that does not take the login keeps nothing, and says so', async () => {
    const words = stage.login.options(ANNA);
    const other = await stage.run([
      ...['kubectl', 'naas', 'login', '--certificate-authority', stage.login.issuerCa, ...words],
      ...['--server', stage.plane.server],
    ]);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /cannot be reached: .*certificate/);
    await assert.rejects(stat(stage.kubeconfig), /ENOENT/);
    const left = await readdir(join(kept(), 'naas', 'login'));
    assert.deepEqual(left, [], 'a login without a cluster would go to the first that asks');
  });
});

/** All that a login leaves on the machine, but for the store of logins. */
async function traces(): Promise<string> {
  const names = (await readdir(stage.login.folder, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && !entry.parentPath.includes('.cache') && !entry.name.endsWith('.cjs'),
  );
  const texts = await Promise.all(
    names.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
  return texts.join('\n');
}

it('S-81 tokens are in no argument, kubeconfig or output, however loud kubectl is', async () => {
  const answer = await login(ANNA);
  assert.equal(answer.code, 0, answer.stderr);
  const loud = await stage.run(['kubectl', 'get', 'interfaces', '-v=10']);
  assert.equal(loud.code, 0);
  const config = await stage.run(['kubectl', 'config', 'view', '--raw']);
  const folder = join(kept(), 'naas', 'login');
  const [file = ''] = (await readdir(folder)).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
  const stored = JSON.parse(await readFile(join(folder, file), 'utf8')) as Record<string, string>;
  // Arguments of the browser are among the traces: the stage writes them down.
  const seen =
    [answer, loud, config].map(({ stdout, stderr }) => stdout + stderr).join('\n') + (await traces());
  assert.match(seen, /start\/[-\w]{43}/);
  for (const secret of [stored['idToken'], stored['refreshToken']]) {
    assert.ok((secret ?? '').length > 20);
    assert.ok(!seen.includes(secret ?? ''), `${secret?.slice(0, 8)}…`);
  }
  assert.ok(!/[?&](code|code_verifier)=/.test(seen));
});

describe('S-83 a kubeconfig from somebody else', () => {
  /** The person's kubeconfig with the change that somebody has made to it. */
  async function changed(change: (config: Kubeconfig, exec: Exec) => void): Promise<string> {
    await login(ANNA);
    const config = await kubeconfig();
    const exec = config.users[0]?.user.exec;
    assert.ok(exec);
    change(config, exec);
    const file = join(stage.login.folder, 'from-somebody');
    await writeFile(file, stringify(config));
    return file;
  }
  const cluster = (config: Kubeconfig) => config.clusters[0]?.cluster ?? {};
  const cases: Record<string, { change: (config: Kubeconfig, exec: Exec) => void; says: RegExp }> = {
    'another server': {
      change: (config) => Object.assign(cluster(config), { server: 'https://127.0.0.1:1' }),
      says: /would send your login of .* to https:\/\/127\.0\.0\.1:1; .* No token is given/,
    },
    'the right server behind a certificate of somebody else': {
      change: (config) => {
        delete cluster(config)['certificate-authority-data'];
        Object.assign(cluster(config), { 'insecure-skip-tls-verify': true });
      },
      says: /is known with another certificate authority/,
    },
    'another issuer': {
      change: (_config, { args }) => (args[args.indexOf('--issuer') + 1] = 'https://evil.example'),
      says: /wants a login at https:\/\/evil\.example/,
    },
    'no word about the cluster': {
      change: (_config, exec) => (exec.provideClusterInfo = false),
      says: /does not tell which cluster the token is for/,
    },
    'an address to open': {
      change: (_config, { args }) => args.push('--open-url', 'file:///etc/passwd'),
      says: /Unknown option '--open-url'/,
    },
  };
  for (const [name, { change, says }] of Object.entries(cases))
    it(`that names ${name} gets no token, and no browser opens`, async () => {
      const file = await changed(change);
      const tabs = await stage.login.tabs();
      const { code, stderr } = await stage.run(['kubectl', 'get', 'interfaces', '--kubeconfig', file]);
      assert.equal(code, 1);
      assert.match(stderr, says);
      assert.equal(await stage.login.tabs(), tabs);
    });
});

it('kubectl and this program’s own commands log in the same way', async () => {
  await login(ANNA);
  const { code, stdout, stderr } = await stage.run(['kubectl', 'naas', 'whoami']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /oidc:anna@tenant-a\.example/);
});

it('logout takes the login of the context back; the next call asks again', async () => {
  await login(ANNA);
  const out = await stage.run(['kubectl', 'naas', 'logout']);
  assert.equal(out.code, 0, out.stderr);
  assert.match(out.stderr, /Logged out anna@tenant-a\.example/);
  const tabs = await stage.login.tabs();
  const next = await stage.run(['kubectl', 'get', 'interfaces']);
  assert.equal(next.code, 0, next.stderr);
  assert.equal(await stage.login.tabs(), tabs + 1);
});
