import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseInventory } from '../../lib/inventory/parse.ts';
import { sliceInventory } from '../../lib/inventory/slice.ts';
import { enforcerJob, jobName, madeAt, serves, slicesOf, sliceSecret } from './job.ts';
import { orders } from './orders.ts';

const order = { name: 'enforce-1', namespace: 'naas-system', image: 'image', slices: [['a', 'b']] };

test('a Job is what the contract with the enforcer says', () => {
  const { metadata, spec } = enforcerJob(order);
  assert.equal(metadata.labels?.['type'], 'enforcer-job');
  assert.equal(metadata.annotations?.['network.as.a.service/devices'], '[["a","b"]]');
  assert.equal(spec?.backoffLimit, 0);
  assert.equal(spec.completionMode, undefined);
  assert.equal(spec.activeDeadlineSeconds, 180);
  assert.equal(spec.ttlSecondsAfterFinished, 120);
  const pod = spec.template.spec;
  assert.equal(pod?.restartPolicy, 'Never');
  assert.equal(pod.serviceAccountName, 'enforcer');
  const container = pod.containers[0];
  assert.deepEqual(container?.command, ['node', '/app/enforcer.mjs']);
  assert.deepEqual(container.env, [
    { name: 'NAAS_NAMESPACE', value: 'naas-system' },
    { name: 'NAAS_JOB', value: 'enforce-1' },
    // The holder of a Lease, so that one whose Pod has ended is replaced at once.
    { name: 'NAAS_POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'NAAS_SLICE_DIRECTORY', value: '/etc/naas/slice' },
    { name: 'NAAS_ASKED', value: 'false' },
  ]);
});

test('a slice that fails ends neither the others nor is it tried again', () => {
  const { spec } = enforcerJob({ ...order, slices: [['a'], ['b'], ['c']] });
  assert.equal(spec?.completionMode, 'Indexed');
  assert.equal(spec.completions, 3);
  assert.equal(spec.backoffLimitPerIndex, 0);
  // With it, the first failure of any index would end the whole Job.
  assert.equal(spec.backoffLimit, undefined);
});

test('S-48 names that carry YAML, JSON or shell stay inside their field', () => {
  const evil = ['x"]],"spec":{"template":{}}', 'y\n    image: evil', '$(id); {{ 7 * 7 }}', '--flag'];
  const job = enforcerJob({ ...order, slices: [evil] });
  assert.deepEqual(slicesOf(job), [evil]);
  const plain = enforcerJob({ ...order, slices: [['a']] });
  const shape = (value: typeof job): string =>
    JSON.stringify(value).replaceAll(JSON.stringify(JSON.stringify(slicesOf(value))), '""');
  assert.equal(shape(job), shape(plain));
});

test('S-48 names and groups of an inventory that carry YAML come back as they were', () => {
  const hosts =
    'a:\n  platform: eos\n  groups: ["g\\n- evil: 1"]\n  password: "p: | # {x}"\n  data: {naas: {ports: ["1"]}}\n';
  const inventory = parseInventory({ hosts, groups: '{"g\\n- evil: 1": {}}' });
  const secret = sliceSecret(order, [sliceInventory(inventory, ['a'])]);
  const text = Buffer.from(secret.data?.['slice-0.yaml'] ?? '', 'base64').toString();
  assert.deepEqual(Object.keys(parse(text) as object), ['a']);
  const again = parseInventory({ hosts: text }).devices.get('a');
  assert.deepEqual(again?.groups, inventory.devices.get('a')?.groups);
  assert.equal(again?.password, 'p: | # {x}');
});

test('S-63 credentials are in the Secret and in no other place', () => {
  const hosts = 'a:\n  platform: eos\n  username: u\n  password: c4n4ry\n  data: {naas: {ports: ["1"]}}\n';
  const inventory = parseInventory({ hosts });
  assert.doesNotMatch(JSON.stringify(enforcerJob({ ...order, slices: [['a']] })), /c4n4ry/);
  const secret = sliceSecret(order, [sliceInventory(inventory, ['a'])]);
  assert.doesNotMatch(JSON.stringify(secret.metadata), /c4n4ry/);
  assert.match(Buffer.from(secret.data?.['slice-0.yaml'] ?? '', 'base64').toString(), /c4n4ry/);
  assert.equal(secret.immutable, true);
});

test('names of Jobs sort by the time they were made and are names of Pods too', () => {
  const names = [1e12, 1.7e12, 1.8e12, 9e12].map((now) => jobName(now, '0123456789'));
  assert.deepEqual([...names].sort(), names);
  for (const name of names) assert.match(name, /^[a-z0-9-]{1,52}$/);
  assert.deepEqual(names.map(madeAt), [1e12, 1.7e12, 1.8e12, 9e12]);
  assert.equal(madeAt('somebody-elses'), 0);
});

test('a Job tells which asks it serves', () => {
  const job = enforcerJob({ ...order, asks: new Map([['a', 'ask-1']]) });
  assert.ok(serves(job, 'a', 'ask-1'));
  assert.ok(!serves(job, 'a', 'ask-2'));
  assert.ok(!serves(job, 'b', 'ask-1'));
  assert.ok(!serves(enforcerJob(order), 'a', 'ask-1'));
  assert.ok(!serves({ metadata: { annotations: { 'network.as.a.service/asked': '{' } } }, 'a', 'ask-1'));
  assert.equal(
    job.spec?.template.spec?.containers[0]?.env?.find(({ name }) => name === 'NAAS_ASKED')?.value,
    'true',
  );
});

test('what was asked for by name goes apart from what is due by itself', () => {
  let next = 0;
  const ask = (step: number | 'MAX') => ({ id: 'i', at: 0, step });
  const made = orders(
    [
      { name: 'c', notBefore: 1 },
      { name: 'a', notBefore: 2, ask: ask(1) },
      { name: 'b', notBefore: 7, ask: ask(1) },
      { name: 'd', notBefore: 1, ask: ask('MAX') },
      { name: 'e', notBefore: 4 },
    ],
    { namespace: 'n', image: 'i', bytesOf: () => 1, newName: (notBefore) => `${(next += 1)}-${notBefore}` },
  );
  assert.deepEqual(
    made.map(({ name }) => name),
    ['1-4', '2-7', '3-1'],
  );
  assert.deepEqual(
    made.map(({ slices, asks }) => [slices, asks === undefined ? [] : [...asks.keys()]]),
    [
      [[['c', 'e']], []],
      [
        [['a'], ['b']],
        ['a', 'b'],
      ],
      [[['d']], ['d']],
    ],
  );
});
