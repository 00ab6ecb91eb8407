import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { viewKubeconfig, withLogin } from './kubeconfig-edit.ts';
import { chooseCluster, withEarlier } from './login-target.ts';
import { Failure } from '../failure.ts';
import type { ClusterChoice } from './login-target.ts';
import { loginSettings, tokenArguments } from './settings.ts';

const MINE = `# my clusters
apiVersion: v1
kind: Config
current-context: admin
clusters:
  - name: prod # the real one
    cluster: { server: https://prod.example:6443 }
  - name: lab
    cluster: { server: https://lab.example:6443 }
contexts:
  - name: admin
    context: { cluster: prod, user: admin, namespace: ops }
users:
  - name: admin
    user: { client-certificate: admin.pem, client-key: admin.key }
preferences: {}
`;
const settings = loginSettings(
  {
    ...{ issuer: 'https://issuer.example', 'client-id': 'naas', account: 'anna@example.com' },
    ...{ scope: ['groups'], 'device-code': true, timeout: '60', 'redirect-port': '1234' },
  },
  'naas',
);
const args = ['token', ...tokenArguments(settings)];
const entries = {
  user: { name: 'prod/anna', exec: { command: 'kubectl-naas', args } },
  contexts: [{ name: 'prod/team', cluster: 'prod', user: 'prod/anna', namespace: 'team' }],
  current: 'prod/team',
};

describe('a kubeconfig after a login', () => {
  it('has what the login adds, and all that others wrote', () => {
    const text = withLogin(MINE, 'config', entries);
    assert.match(text, /^# my clusters\n/);
    assert.match(text, /# the real one/);
    const [before, after] = [parse(MINE), parse(text)] as [Config, Config];
    assert.deepEqual(after.clusters, before.clusters);
    assert.deepEqual(after.contexts[0], before.contexts[0]);
    assert.deepEqual(after.users[0], before.users[0]);
    assert.deepEqual(after.contexts[1], {
      name: 'prod/team',
      context: { cluster: 'prod', user: 'prod/anna', namespace: 'team' },
    });
    assert.deepEqual(after.users[1]?.user.exec?.['provideClusterInfo'], true);
    assert.equal(after.users[1]?.user.exec?.['apiVersion'], 'client.authentication.k8s.io/v1');
    assert.equal(after['current-context'], 'prod/team');
  });

  it('is the same after the same login again', () => {
    const once = withLogin(MINE, 'config', entries);
    assert.equal(withLogin(once, 'config', entries), once);
  });

  it('is whole where there was none, or one without lists', () => {
    const cluster = { name: 'prod', cluster: { server: 'https://prod.example:6443' } };
    for (const text of ['', 'apiVersion: v1\nkind: Config\nclusters: null\nusers: []\ncontexts:\n']) {
      const config = parse(withLogin(text, 'config', { ...entries, cluster })) as Config;
      assert.deepEqual(config.clusters, [cluster]);
      assert.deepEqual([config.users.length, config.contexts.length], [1, 1]);
    }
  });

  it('may be JSON', () => {
    const text = withLogin(JSON.stringify(parse(MINE)), 'config', entries);
    assert.equal((parse(text) as Config).users.length, 2);
  });

  for (const text of ['a: [', '- a', 'just text'])
    it(`is not written when it is broken: ${text}`, () => {
      assert.throws(() => withLogin(text, 'config', entries), /config is no kubeconfig/);
    });

  it('S-81 names no secret', () => {
    const secret = loginSettings(
      {
        ...{ issuer: 'https://issuer.example', 'client-id': 'naas' },
        'client-secret-file': '/f',
      },
      'naas',
    );
    assert.deepEqual(tokenArguments(secret), [
      ...['--issuer', 'https://issuer.example', '--client-id', 'naas', '--client-secret-file', '/f'],
    ]);
  });
});

describe('the cluster of a login', () => {
  const view = viewKubeconfig(withLogin(MINE, 'config', entries), 'config');
  const nameOf = (choice: ClusterChoice) => chooseCluster(view, choice, 'kubectl naas').entry.name;

  it('is the one named, of the context, or the only one', () => {
    assert.equal(nameOf({}), 'prod');
    assert.equal(nameOf({ cluster: 'lab' }), 'lab');
    assert.equal(nameOf({ context: 'admin' }), 'prod');
    const only = viewKubeconfig('clusters: [{ name: a, cluster: { server: https://a.example } }]', 'config');
    assert.equal(chooseCluster(only, {}, 'kubectl naas').entry.name, 'a');
  });

  it('may be a new one', () => {
    const { entry, isNew } = chooseCluster(
      view,
      {
        server: 'https://new.example:6443/',
        certificateAuthority: 'PEM',
      },
      'kubectl naas',
    );
    assert.ok(isNew);
    assert.deepEqual(entry, {
      name: 'new.example',
      cluster: { server: 'https://new.example:6443', 'certificate-authority-data': 'UEVN' },
    });
  });

  it('must be there', () => {
    assert.throws(() => nameOf({ context: 'other' }), /no context "other"/);
    assert.throws(() => nameOf({ cluster: 'other' }), /no cluster "other"/);
    assert.throws(() => nameOf({ server: 'http://plain.example' }), /no https URL/);
    const next =
      'kubectl naas login --server URL --certificate-authority FILE, as your administrator has told you';
    for (const refused of [
      () => nameOf({ cluster: 'other' }),
      () => chooseCluster(viewKubeconfig('', 'config'), {}, 'kubectl naas'),
    ])
      assert.throws(refused, (error) => error instanceof Failure && (assert.equal(error.next, next), true));
    assert.throws(() => chooseCluster(viewKubeconfig('', 'config'), {}, 'naas'), /names no cluster/);
  });

  it('has the options of the login before', () => {
    assert.deepEqual(loginSettings(withEarlier(view, 'prod', undefined, {}), 'naas'), settings);
    assert.equal(
      withEarlier(view, 'prod', undefined, { account: 'ben@example.com' }).account,
      'ben@example.com',
    );
    assert.deepEqual(withEarlier(view, 'lab', undefined, {}), {});
    const other = { issuer: 'https://other.example' };
    assert.deepEqual(withEarlier(view, 'prod', undefined, other), other);
  });
});

interface Config {
  readonly 'current-context': string;
  readonly clusters: readonly unknown[];
  readonly contexts: readonly unknown[];
  readonly users: readonly { readonly user: { readonly exec?: Readonly<Record<string, unknown>> } }[];
}
