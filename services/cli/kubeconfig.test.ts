import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { kubeconfigFiles, namespacesOf, readKubeconfig } from './kubeconfig.ts';

const directory = await mkdtemp(path.join(tmpdir(), 'naas-kubeconfigs-'));
after(() => rm(directory, { recursive: true, force: true }));
const one = path.join(directory, 'one');
const two = path.join(directory, 'two', 'config');
await mkdir(path.dirname(two));
await writeFile(
  one,
  JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://a:6443/', 'certificate-authority': 'ca.pem' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'tenant-a' } }],
  }),
);
await writeFile(
  two,
  `
current-context: y
clusters:
  - { name: c, cluster: { server: https://other } }
  - { name: d, cluster: { server: https://d } }
users:
  - { name: u, user: { client-certificate: me.pem, exec: { command: ./bin/plugin, args: [token] } } }
  - { name: v, user: { exec: { command: kubectl-naas } } }
contexts:
  - { name: y, context: { cluster: c, user: v, namespace: tenant-b } }
  - { name: z, context: { cluster: d, user: v, namespace: tenant-c } }
  - { name: w, context: { cluster: c, user: v, namespace: tenant-b } }
`,
);

test('KUBECONFIG may name several files; those that are not there are left out', () => {
  const list = ['', one, '/dev/null/none', two].join(path.delimiter);
  assert.deepEqual(kubeconfigFiles(undefined, { KUBECONFIG: list }), [one, two]);
  assert.deepEqual(kubeconfigFiles('given', { KUBECONFIG: list }), ['given']);
  assert.deepEqual(kubeconfigFiles(undefined, { HOME: directory }), []);
});

test('the first file that names an entry counts, and paths are taken from their own file', () => {
  const config = readKubeconfig([one, two]);
  assert.equal(config['current-context'], 'y');
  assert.deepEqual(config.clusters, [
    {
      name: 'c',
      cluster: { server: 'https://a:6443/', 'certificate-authority': path.join(directory, 'ca.pem') },
    },
    { name: 'd', cluster: { server: 'https://d' } },
  ]);
  assert.deepEqual(config.users, [
    {
      name: 'u',
      user: {
        'client-certificate': path.join(directory, 'two', 'me.pem'),
        exec: { command: path.join(directory, 'two', 'bin', 'plugin'), args: ['token'] },
      },
    },
    { name: 'v', user: { exec: { command: 'kubectl-naas' } } },
  ]);
});

test('namespaces of a cluster are those of its contexts, the current one first', () => {
  assert.deepEqual(namespacesOf(readKubeconfig([one, two]), 'https://a:6443'), ['tenant-b', 'tenant-a']);
});

test('a file that is no kubeconfig is named', async () => {
  const broken = path.join(directory, 'broken');
  for (const text of ['', '3', '{']) {
    await writeFile(broken, text);
    assert.throws(() => readKubeconfig([one, broken]), new RegExp(`^Error: ${broken}: `));
  }
});
