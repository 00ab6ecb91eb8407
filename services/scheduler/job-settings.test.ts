import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enforcerJob } from './job.ts';
import { DEFAULT_JOB_SETTINGS, readJobSettings } from './job-settings.ts';

const order = { name: 'enforce-1', namespace: 'naas-system', image: 'naas@sha256:0', slices: [['a']] };

test('nothing given is the default', () => {
  for (const text of [undefined, '', ' ', '{}'])
    assert.deepEqual(readJobSettings(text), DEFAULT_JOB_SETTINGS);
});

test('each setting reaches the Job, and nothing else of the Job changes', () => {
  const pod = {
    priorityClassName: 'naas-enforcers',
    nodeSelector: { 'example.com/management': 'true' },
    tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute', tolerationSeconds: 5 }],
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    imagePullSecrets: [{ name: 'registry' }],
  };
  const container = {
    imagePullPolicy: 'Always',
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: 536870912 } },
  };
  const spec = { activeDeadlineSeconds: 600, ttlSecondsAfterFinished: 3600 };
  const job = enforcerJob(order, readJobSettings(JSON.stringify({ ...pod, ...container, ...spec })));
  const plain = enforcerJob(order);
  assert.ok(plain.spec?.template.spec);
  const [only] = plain.spec.template.spec.containers;
  assert.deepEqual(job, {
    ...plain,
    spec: {
      ...plain.spec,
      ...spec,
      template: {
        ...plain.spec.template,
        spec: { ...plain.spec.template.spec, ...pod, containers: [{ ...only, ...container }] },
      },
    },
  });
});

test('empty settings, as a chart writes them, leave no trace', () => {
  const empty = {
    priorityClassName: '',
    nodeSelector: {},
    tolerations: [],
    affinity: {},
    imagePullSecrets: [],
  };
  assert.deepEqual(
    JSON.parse(JSON.stringify(enforcerJob(order, readJobSettings(JSON.stringify(empty))))),
    JSON.parse(JSON.stringify(enforcerJob(order))),
  );
});

describe('what is malformed is named', () => {
  const cases: [json: string, says: RegExp][] = [
    ['{', /NAAS_JOB_SETTINGS is not JSON/],
    ['[]', /NAAS_JOB_SETTINGS: it must be an object/],
    ['{"image": "other"}', /: image is not known; allowed are activeDeadlineSeconds, /],
    ['{"serviceAccountName": "admin"}', /: serviceAccountName is not known/],
    ['{"securityContext": {}}', /: securityContext is not known/],
    ['{"__proto__": {}}', /: __proto__ is not known/],
    ['{"activeDeadlineSeconds": 30}', /: activeDeadlineSeconds must be a whole number from 180 to 3600/],
    ['{"activeDeadlineSeconds": "180"}', /: activeDeadlineSeconds must be/],
    ['{"ttlSecondsAfterFinished": 1}', /: ttlSecondsAfterFinished must be a whole number from 60/],
    ['{"imagePullPolicy": "always"}', /: imagePullPolicy must be one of Always, IfNotPresent, Never/],
    ['{"resources": {"cpu": "1"}}', /: resources\.cpu is not known; allowed are requests, limits/],
    ['{"resources": {"limits": {"memory": "much"}}}', /: resources\.limits\.memory must be a quantity/],
    ['{"priorityClassName": 1}', /: priorityClassName must be text/],
    ['{"nodeSelector": {"a": true}}', /: nodeSelector\.a must be text/],
    ['{"nodeSelector": ["a"]}', /: nodeSelector must be an object/],
    ['{"tolerations": {}}', /: tolerations must be a list/],
    ['{"tolerations": [{"operator": "In"}]}', /: tolerations\[0\]\.operator must be one of Exists, Equal/],
    ['{"tolerations": [{}, {"keys": "a"}]}', /: tolerations\[1\]\.keys is not known/],
    ['{"affinity": {"nodeAffinity": []}}', /: affinity\.nodeAffinity must be an object/],
    ['{"imagePullSecrets": ["registry"]}', /: imagePullSecrets\[0\] must be an object/],
  ];
  for (const [json, says] of cases) {
    test(json, () => assert.throws(() => readJobSettings(json), says));
  }
});
