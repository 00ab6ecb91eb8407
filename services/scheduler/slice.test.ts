import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MOST_DEVICES_PER_JOB, sliceDevices, type Step } from './slice.ts';

const cases: { name: string; devices: string[]; step: Step; jobs: string[][][] }[] = [
  { name: 'MAX puts all in one slice', devices: ['b', 'a', 'c'], step: 'MAX', jobs: [[['a', 'b', 'c']]] },
  {
    name: 'step 1 gives each device a slice of one Job',
    devices: ['b', 'a'],
    step: 1,
    jobs: [[['a'], ['b']]],
  },
  { name: 'the last slice may be smaller', devices: ['a', 'b', 'c'], step: 2, jobs: [[['a', 'b'], ['c']]] },
  { name: 'nothing to slice is no Job', devices: [], step: 5, jobs: [] },
];
for (const { name, devices, step, jobs } of cases) {
  test(name, () => assert.deepEqual(sliceDevices(devices, step), jobs));
}

test('every device is in exactly one slice, no slice is larger than step, no Job larger than its limit', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 1200 });
  const step = fc.oneof(fc.constant<Step>('MAX'), fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(names, step, (devices, size) => {
      const jobs = sliceDevices(devices, size);
      assert.deepEqual(jobs.flat(2), [...devices].sort());
      for (const job of jobs) assert.ok(job.flat().length <= MOST_DEVICES_PER_JOB);
      if (size !== 'MAX') for (const slice of jobs.flat()) assert.ok(slice.length <= size);
    }),
    { numRuns: 50 },
  );
});
