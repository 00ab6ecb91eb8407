import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Device, DeviceStatus } from '../../../crds/types.gen.ts';
import type { Client } from '../../../lib/kube/client.ts';
import { ApiError } from '../../../lib/kube/errors.ts';
import type { KubeObject } from '../../../lib/kube/types.ts';
import type { Lease } from '../../../lib/kube/resources.ts';
import { FenceLost, gate } from './gate.ts';
import type { Fence } from './gate.ts';

function reads<T extends KubeObject>(object: T | undefined): Client<T> {
  const get = (): Promise<T> =>
    object === undefined
      ? Promise.reject(new ApiError(404, { reason: 'NotFound' }, { call: 'get' }))
      : Promise.resolve(object);
  return { get } as unknown as Client<T>;
}

function device(status: DeviceStatus = {}, uid = 'U'): Device {
  return { apiVersion: 'v1', kind: 'Device', metadata: { name: 'leaf', uid }, spec: {}, status };
}

const stored: Lease = {
  metadata: { name: 'enforce-leaf' },
  spec: { holderIdentity: 'me', leaseTransitions: 3 },
};
const applied = { uid: 'U', platform: 'P', configHash: 'h1:a', at: 'then' };

/** A gate of epoch 3 for generation 5 of Device U. */
function fence(more: { lease?: Lease | undefined; device?: Device | undefined; mine?: boolean }): Fence {
  return {
    lease: {
      epoch: 3,
      identity: 'me',
      handedOver: true,
      isMine: (lease) => (more.mine ?? true) && lease.spec?.holderIdentity === 'me',
      release: () => Promise.resolve(),
    },
    leases: reads('lease' in more ? more.lease : stored),
    devices: reads('device' in more ? more.device : device()),
    namespace: 'naas-system',
    device: 'leaf',
    uid: 'U',
    generation: 5,
  };
}

const CASES: { name: string; fence: Fence; passes: boolean }[] = [
  { name: 'all is as it was', fence: fence({}), passes: true },
  {
    name: 'the same generation applied',
    fence: fence({ device: device({ applied: { ...applied, generation: 5 } }) }),
    passes: true,
  },
  {
    name: 'our own epoch has written',
    fence: fence({ device: device({ attempted: { epoch: 3 } }) }),
    passes: true,
  },
  {
    name: 'a later generation of an earlier Device was applied',
    fence: fence({ device: device({ applied: { ...applied, uid: 'old', generation: 9 } }) }),
    passes: true,
  },
  {
    name: 'the Lease is held by another',
    fence: fence({ lease: { ...stored, spec: { holderIdentity: 'you' } } }),
    passes: false,
  },
  { name: 'the Lease was not renewed in time', fence: fence({ mine: false }), passes: false },
  { name: 'the Lease is gone', fence: fence({ lease: undefined }), passes: false },
  { name: 'the Device is gone', fence: fence({ device: undefined }), passes: false },
  { name: 'the Device was made anew', fence: fence({ device: device({}, 'V') }), passes: false },
  {
    name: 'a later generation is applied',
    fence: fence({ device: device({ applied: { ...applied, generation: 6 } }) }),
    passes: false,
  },
  {
    name: 'a later epoch has written',
    fence: fence({ device: device({ attempted: { epoch: 4 } }) }),
    passes: false,
  },
];

for (const one of CASES) {
  test(`S-28 gate ${one.passes ? 'open' : 'closed'}: ${one.name}`, async () => {
    if (one.passes) assert.equal((await gate(one.fence)).metadata.name, 'leaf');
    else await assert.rejects(gate(one.fence), FenceLost);
  });
}
