import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempted } from '../../crds/types.gen.ts';
import type { Job, Pod } from '../../lib/kube/resources.ts';
import { flights, type Flights } from './in-flight.ts';

const AT = '2026-03-01T12:00:00Z';
const MS = Date.parse(AT);

function job(name: string, end?: 'Complete' | 'Failed'): Job {
  const conditions = end && [{ type: end, status: 'True', lastTransitionTime: AT }];
  return {
    metadata: { name, annotations: { 'network.as.a.service/devices': '[["a"],["b"]]' } },
    ...(conditions && { status: { conditions } }),
  };
}

function pod(of: string, phase: string, index = 0): Pod {
  return {
    metadata: {
      name: `${of}-${index}`,
      creationTimestamp: AT,
      labels: { 'batch.kubernetes.io/job-name': of },
      annotations: {
        'network.as.a.service/devices': '[["a"],["b"]]',
        'batch.kubernetes.io/job-completion-index': String(index),
      },
    },
    status: { phase },
  };
}

const result = (of: string): Pick<Attempted, 'job' | 'outcome'> => ({ job: of, outcome: 'applied' });
const none: Flights = {
  ...{ inFlight: undefined, inFlightUntil: undefined },
  ...{ lost: undefined, checkedAt: undefined, silent: undefined },
};
/** A Pod told to end, by its node or its Job's deadline, at a time. */
const ending = (pod: Pod, deletionTimestamp: string): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp },
});
const NOW = MS + 60_000;

const cases: {
  name: string;
  jobs?: Job[];
  pods?: Pod[];
  attempted?: Pick<Attempted, 'job' | 'outcome'>;
  launched?: string[];
  expected: Partial<Flights>;
}[] = [
  { name: 'no Job', expected: {} },
  { name: 'a Job that is being made', launched: ['j1'], expected: { inFlight: 'j1' } },
  { name: 'a Job without a Pod', jobs: [job('j1')], expected: { inFlight: 'j1' } },
  {
    name: 'a Job whose Pod waits',
    jobs: [job('j1')],
    pods: [pod('j1', 'Pending')],
    expected: { inFlight: 'j1' },
  },
  {
    name: 'a Job whose Pod runs',
    jobs: [job('j1')],
    pods: [pod('j1', 'Running')],
    expected: { inFlight: 'j1' },
  },
  {
    name: 'a Job with its result, although its Pod still saves',
    jobs: [job('j1')],
    pods: [pod('j1', 'Running')],
    attempted: result('j1'),
    expected: {},
  },
  {
    name: 'a Job that only announced itself in attempted',
    jobs: [job('j1')],
    pods: [pod('j1', 'Running')],
    attempted: { job: 'j1' },
    expected: { inFlight: 'j1' },
  },
  {
    name: 'a Job that is not Complete yet, whose Pod ended well without a result',
    jobs: [job('j1')],
    pods: [pod('j1', 'Succeeded')],
    expected: { checkedAt: MS, silent: 'j1' },
  },
  {
    name: 'a Job whose Pod was killed',
    jobs: [job('j1')],
    pods: [pod('j1', 'Failed')],
    expected: { lost: { count: 1, at: MS }, silent: 'j1' },
  },
  {
    name: 'a Job past its deadline without a Pod',
    jobs: [job('j1', 'Failed')],
    expected: { lost: { count: 1, at: MS }, silent: 'j1' },
  },
  {
    name: 'two lost Jobs after a result',
    jobs: [job('j1'), job('j2'), job('j3')],
    pods: [pod('j2', 'Failed'), pod('j3', 'Failed')],
    attempted: result('j1'),
    expected: { lost: { count: 2, at: MS }, silent: 'j3' },
  },
  {
    name: 'a lost Job that a later one made good',
    jobs: [job('j1'), job('j2')],
    pods: [pod('j1', 'Failed')],
    attempted: result('j2'),
    expected: {},
  },
  {
    name: 'a lost Job from before a result whose Job is gone',
    jobs: [job('j1')],
    pods: [pod('j1', 'Failed')],
    attempted: result('j2'),
    expected: {},
  },
  {
    name: 'a Pod that was told to end and may still',
    jobs: [job('j1')],
    pods: [ending(pod('j1', 'Running'), '2026-03-01T12:00:45Z')],
    expected: { inFlight: 'j1', inFlightUntil: MS + 75_000 },
  },
  {
    name: 'a Pod that should have ended long ago, on a node that nobody hears of',
    jobs: [job('j1')],
    pods: [ending(pod('j1', 'Running'), AT)],
    expected: { lost: { count: 1, at: MS + 30_000 }, silent: 'j1' },
  },
  {
    name: 'the Job made after a Pod that never ended',
    jobs: [job('j1'), job('j2')],
    pods: [ending(pod('j1', 'Pending'), AT), pod('j2', 'Running')],
    expected: { inFlight: 'j2', lost: { count: 1, at: MS + 30_000 }, silent: 'j1' },
  },
  { name: 'a Pod whose Job was deleted', pods: [pod('j1', 'Running')], expected: { inFlight: 'j1' } },
  {
    name: 'a Pod of the other slice',
    jobs: [job('j1')],
    pods: [pod('j1', 'Succeeded', 1)],
    expected: { inFlight: 'j1' },
  },
  {
    name: 'an older Job that still saves after a younger one had its result',
    jobs: [job('j1'), job('j2')],
    pods: [pod('j1', 'Running')],
    attempted: result('j2'),
    expected: {},
  },
];

for (const { name, jobs = [], pods = [], attempted, launched = [], expected } of cases) {
  test(`in flight or not: ${name}`, () => {
    const found = flights({ device: 'a', attempted, jobs, pods, launched, now: NOW });
    assert.deepEqual(found, { ...none, ...expected });
  });
}
