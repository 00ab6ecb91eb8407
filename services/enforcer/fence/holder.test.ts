import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../lib/kube/errors.ts';
import type { Pod } from '../../../lib/kube/resources.ts';
import { hasEnded } from './holder.ts';

const phases: { phase: string | undefined; ended: boolean }[] = [
  { phase: 'Pending', ended: false },
  { phase: 'Running', ended: false },
  { phase: 'Unknown', ended: false },
  { phase: undefined, ended: false },
  { phase: 'Succeeded', ended: true },
  { phase: 'Failed', ended: true },
];
for (const { phase, ended } of phases) {
  test(`a holder whose Pod is ${phase ?? 'without status'} has ${ended ? '' : 'not '}ended`, async () => {
    const asked: string[] = [];
    const pods = {
      async get({ name }: { name: string }): Promise<Pod> {
        asked.push(name);
        return { metadata: { name }, status: { ...(phase === undefined ? {} : { phase }) } };
      },
    };
    assert.equal(await hasEnded({ pods, namespace: 'n' }, 'enforce-1/ab12'), ended);
    assert.deepEqual(asked, ['enforce-1']);
  });
}

test('a Pod that cannot be read proves nothing', async () => {
  const pods = { get: () => Promise.reject(new ApiError(404, { reason: 'NotFound' }, { call: 'get' })) };
  assert.equal(await hasEnded({ pods, namespace: 'n' }, 'gone/ab12'), false);
});
