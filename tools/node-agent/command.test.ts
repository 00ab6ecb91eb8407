import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localCommand } from './command.ts';
import { expandVariables, rewritePath } from './expansion.ts';
import { fieldValue, resourceValue } from './field-ref.ts';

const options = {
  dist: '/dist',
  expand: (word: string) => word.toUpperCase(),
  exists: (path: string) => path === '/dist/enforcer.mjs',
};

test('node with a script of the image becomes its bundle', () => {
  const expected = { bundle: '/dist/enforcer.mjs', arguments: ['-X', 'Y'] };
  assert.deepEqual(
    localCommand({ command: ['node', '/app/enforcer.mjs', '-x'], args: ['y'] }, options),
    expected,
  );
  assert.deepEqual(
    localCommand({ args: ['/app/enforcer.mjs', '-x', 'y'] }, options),
    expected,
    'entry point of the image',
  );
});

const refused: string[][] = [
  ['sh', '-c', 'id'],
  ['node'],
  ['node', '-e', 'process.exit()'],
  ['node', '--import', '/app/enforcer.mjs'],
  ['node', '/app/../etc/x.mjs'],
  ['node', '/app/sub/x.mjs'],
  ['node', '/app/enforcer.mjs\n'],
  ['node', '/app/.mjs'],
  ['/usr/bin/node', '/app/enforcer.mjs'],
  ['node', '/app/absent.mjs'],
];
for (const command of refused) {
  test(`nothing but the image runs: ${JSON.stringify(command)}`, () => {
    const result = localCommand({ command }, options);
    assert.ok('reason' in result);
    assert.equal(result.reason, 'StartError');
  });
}

test('variables are replaced as Kubernetes does it', () => {
  const variables = { A: '1', EMPTY: '', 'a.b-c': '2' };
  assert.equal(
    expandVariables('$(A) $(EMPTY)$(a.b-c) $(NONE) $$(A) $A ${A} $', variables),
    '1 2 $(NONE) $(A) $A ${A} $',
  );
  assert.equal(expandVariables('$(constructor)', {}), '$(constructor)');
});

test('paths of mounts become real directories, the longest mount first', () => {
  const mounts = [
    { mountPath: '/etc/naas', directory: '/state/a' },
    { mountPath: '/etc/naas/slice/', directory: '/state/b' },
  ];
  const cases = {
    '/etc/naas': '/state/a',
    '/etc/naas/x': '/state/a/x',
    '/etc/naas/slice': '/state/b',
    '/etc/naas/slice/x': '/state/b/x',
    '/etc/naasx': '/etc/naasx',
    'in /etc/naas': 'in /etc/naas',
    '': '',
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(rewritePath(text, mounts), expected);
});

test('fields of the Pod', () => {
  const pod = {
    metadata: {
      name: 'p',
      namespace: 'n',
      uid: 'u',
      labels: { l: '1' },
      annotations: { 'x/y': 'two "words"' },
    },
    spec: { nodeName: 'local', serviceAccountName: 'sa', containers: [] },
  };
  const expected = {
    'metadata.name': 'p',
    'metadata.namespace': 'n',
    'metadata.uid': 'u',
    "metadata.labels['l']": '1',
    "metadata.annotations['x/y']": 'two "words"',
    "metadata.annotations['none']": '',
    'metadata.labels': 'l="1"',
    'spec.nodeName': 'local',
    'spec.serviceAccountName': 'sa',
    'status.podIP': '127.0.0.1',
  };
  for (const [path, value] of Object.entries(expected))
    assert.equal(fieldValue(pod, path, '127.0.0.1'), value, path);
  assert.throws(() => fieldValue(pod, 'spec.x', ''), /fieldRef "spec.x" is not known/);
});

test('resources of the container, else of the node', () => {
  const node = { cpu: '2', memory: '8Gi' };
  const own = { limits: { cpu: '1500m', memory: '512Mi' }, requests: { cpu: '250m' } };
  assert.equal(resourceValue(own, 'limits.cpu', undefined, node), '2');
  assert.equal(resourceValue(own, 'limits.cpu', '1m', node), '1500');
  assert.equal(resourceValue(own, 'limits.memory', '1Mi', node), '512');
  assert.equal(resourceValue({}, 'limits.memory', '1Mi', node), '8192');
  assert.equal(resourceValue(own, 'requests.cpu', '1m', node), '250');
  assert.throws(() => resourceValue(own, 'cpu', undefined, node), /not known/);
});
