import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MOST_BYTES_PER_JOB, MOST_DEVICES_PER_JOB, sliceDevices, type Step } from './slice.ts';

const LARGE = MOST_BYTES_PER_JOB / 2;
const cases: { name: string; devices: string[]; step: Step; jobs: string[][][]; bytes?: number }[] = [
  { name: 'MAX puts all in one slice', devices: ['b', 'a', 'c'], step: 'MAX', jobs: [[['a', 'b', 'c']]] },
  {
    name: 'step 1 gives each device a slice of one Job',
    devices: ['b', 'a'],
    step: 1,
    jobs: [[['a'], ['b']]],
  },
  { name: 'the last slice may be smaller', devices: ['a', 'b', 'c'], step: 2, jobs: [[['a', 'b'], ['c']]] },
  {
    name: 'what would be too large for one Secret is several Jobs',
    ...{ devices: ['a', 'b', 'c', 'd', 'e'], step: 'MAX', bytes: LARGE },
    jobs: [[['a', 'b']], [['c', 'd']], [['e']]],
  },
  {
    name: 'slices that are too large together are several Jobs',
    ...{ devices: ['a', 'b', 'c'], step: 1, bytes: LARGE },
    jobs: [[['a'], ['b']], [['c']]],
  },
  {
    name: 'a device that is too large by itself is alone',
    ...{ devices: ['a', 'b'], step: 'MAX', bytes: 2 * MOST_BYTES_PER_JOB },
    jobs: [[['a']], [['b']]],
  },
  { name: 'nothing to slice is no Job', devices: [], step: 5, jobs: [] },
];
for (const { name, devices, step, jobs, bytes = 1 } of cases) {
  test(name, () =>
    assert.deepEqual(
      sliceDevices(devices, step, () => bytes),
      jobs,
    ),
  );
}

test('every device is in exactly one slice, no slice is larger than step, no Job larger than its limit', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 1200 });
  const step = fc.oneof(fc.constant<Step>('MAX'), fc.integer({ min: 1, max: 1000 }));
  const bytes = fc.integer({ min: 1, max: MOST_BYTES_PER_JOB / 20 });
  fc.assert(
    fc.property(names, step, bytes, (devices, size, each) => {
      const jobs = sliceDevices(devices, size, () => each);
      assert.deepEqual(jobs.flat(2), [...devices].sort());
      for (const job of jobs) {
        assert.ok(job.flat().length <= MOST_DEVICES_PER_JOB);
        assert.ok(job.flat().length * each <= MOST_BYTES_PER_JOB);
      }
      if (size !== 'MAX') for (const slice of jobs.flat()) assert.ok(slice.length <= size);
    }),
    { numRuns: 50 },
  );
});
