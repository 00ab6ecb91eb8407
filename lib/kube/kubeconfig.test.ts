import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { virtualClock } from '../../test/kube/virtual-clock.ts';
import { credentialSource } from './credentials.ts';
import { inCluster, parseKubeconfig } from './kubeconfig.ts';

const directory = await mkdtemp(path.join(tmpdir(), 'naas-kubeconfig-'));
after(() => rm(directory, { recursive: true, force: true }));
const file = path.join(directory, 'config');

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
  });
}

const headersOf = async (user: object) =>
  (await credentialSource(parseKubeconfig(kubeconfig(user), { file }), virtualClock()).current()).headers;

test('the current context gives server, user and namespace', () => {
  const target = parseKubeconfig(kubeconfig({ token: 't' }), { file });
  assert.equal(target.cluster.server, 'https://127.0.0.1:6443');
  assert.equal(target.user.name, 'u');
  assert.equal(target.namespace, 'team');
});

for (const [what, text, message] of [
  [
    'no such context',
    kubeconfig({}).replace('"current-context":"here"', '"current-context":"there"'),
    /no context "there"/,
  ],
  ['no such cluster', kubeconfig({}).replace('"name":"c"', '"name":"d"'), /names cluster "c"/],
  ['no such user', kubeconfig({}).replace('"name":"u"', '"name":"v"'), /names user "u"/],
  [
    'an auth-provider',
    kubeconfig({ 'auth-provider': { name: 'gcp' } }),
    /has an auth-provider; give it an exec plugin/,
  ],
  ['an empty file', '', /is not a kubeconfig/],
] as const) {
  test(`a kubeconfig with ${what} is refused, naming the file`, () => {
    assert.throws(
      () => parseKubeconfig(text, { file }),
      (error: Error) => {
        assert.match(error.message, message);
        return error.message.includes(file);
      },
    );
  });
}

test('relative paths are taken from the folder of the kubeconfig', () => {
  const target = parseKubeconfig(kubeconfig({ tokenFile: 'token' }, { 'certificate-authority': 'ca.pem' }), {
    file,
  });
  assert.equal(target.user.tokenFile, path.join(directory, 'token'));
  assert.equal(target.cluster.caFile, path.join(directory, 'ca.pem'));
});

test('a token file is read again after a minute, and at once after a 401', async () => {
  const clock = virtualClock();
  await writeFile(path.join(directory, 'token'), 'one\n');
  const source = credentialSource(parseKubeconfig(kubeconfig({ tokenFile: 'token' }), { file }), clock);
  const token = async () => (await source.current()).headers['authorization'];
  assert.equal(await token(), 'Bearer one');
  await writeFile(path.join(directory, 'token'), 'two\n');
  await clock.advance(59_000);
  assert.equal(await token(), 'Bearer one');
  await clock.advance(1000);
  assert.equal(await token(), 'Bearer two');
  await writeFile(path.join(directory, 'token'), 'three\n');
  source.expire();
  assert.equal(await token(), 'Bearer three');
});

test('a renewed client certificate changes the digest, the same one does not', async () => {
  const clock = virtualClock();
  const pair = { 'client-certificate': 'c.pem', 'client-key': 'k.pem' };
  await writeFile(path.join(directory, 'c.pem'), 'cert');
  await writeFile(path.join(directory, 'k.pem'), 'key');
  const source = credentialSource(parseKubeconfig(kubeconfig(pair), { file }), clock);
  const first = await source.current();
  await clock.advance(60_000);
  assert.equal((await source.current()).tlsDigest, first.tlsDigest);
  await writeFile(path.join(directory, 'c.pem'), 'renewed');
  await clock.advance(60_000);
  assert.notEqual((await source.current()).tlsDigest, first.tlsDigest);
});

test('an exec plugin gives the token and learns that nobody can be asked', async () => {
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
  // The "token" is what the plugin was told.
  const program = `console.log(JSON.stringify({...${JSON.stringify(credential)}, status: {token: process.env.WHO + JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.interactive}}))`;
  const headers = await headersOf({
    exec: {
      apiVersion: credential.apiVersion,
      command: process.execPath,
      args: ['-e', program],
      env: [{ name: 'WHO', value: 'me-' }],
    },
  });
  assert.equal(headers['authorization'], 'Bearer me-false');
});

test('an exec plugin that wants to know is told which cluster the credentials are for', async () => {
  const print = (words: string) =>
    `console.log(JSON.stringify({apiVersion:"client.authentication.k8s.io/v1",kind:"ExecCredential",status:{token:${words}}}))`;
  const program = print('JSON.stringify(JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.cluster ?? null)');
  const told = async (provideClusterInfo: boolean) => {
    const exec = { command: process.execPath, args: ['-e', program], provideClusterInfo };
    const headers = await headersOf({ exec });
    return JSON.parse(String(headers['authorization']).replace('Bearer ', '')) as { server?: string } | null;
  };
  assert.equal(await told(false), null);
  assert.match((await told(true))?.server ?? '', /^https:/);
});

test('an exec plugin that fails is an error with its words', async () => {
  const exec = { command: process.execPath, args: ['-e', 'console.error("log in first"); process.exit(1)'] };
  await assert.rejects(headersOf({ exec }), /log in first/);
});

test('basic authentication and impersonation become headers', async () => {
  assert.deepEqual(await headersOf({ username: 'a', password: 'b', as: 'c', 'as-groups': ['d', 'e'] }), {
    authorization: 'Basic YTpi',
    'impersonate-user': 'c',
    'impersonate-group': ['d', 'e'],
  });
});

test('a Pod is known by its environment and its token', async () => {
  await writeFile(path.join(directory, 'token'), 'pod');
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const target = inCluster(environment, directory);
  assert.equal(target?.cluster.server, 'https://[fd00::1]:443');
  assert.equal(target?.user.tokenFile, path.join(directory, 'token'));
  assert.equal(inCluster({}, directory), undefined);
  assert.equal(inCluster(environment, path.join(directory, 'none')), undefined);
});
