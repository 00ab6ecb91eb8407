import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, Interface, InterfaceDeviceStatus } from '../../crds/types.gen.ts';
import { remarks, troubles, viewOf } from './request-view.ts';

function condition(type: string, status: Condition['status'], reason: string): Condition {
  return {
    type,
    status,
    reason,
    message: `${type} is ${status}`,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
}

function request(conditions?: Condition[], devices?: InterfaceDeviceStatus[]): Interface {
  return {
    apiVersion: '',
    kind: 'Interface',
    metadata: { name: 'web', namespace: 'tenant-a' },
    spec: { services: [] },
    ...(conditions && { status: { conditions, ...(devices && { devices }) } }),
  };
}

const ready = [
  condition('Accepted', 'True', 'Accepted'),
  condition('Programmed', 'True', 'Programmed'),
  condition('InSync', 'Unknown', 'NotChecked'),
  condition('Ready', 'True', 'Ready'),
];

test('a request that is ready has no troubles and nothing to do', () => {
  const view = viewOf(request(ready, [{ name: 'leaf', state: 'Programmed', ports: '1' }]));
  assert.deepEqual([view.ready, view.reason, view.next], ['True', 'Ready', 'nothing']);
  assert.deepEqual(troubles(view), []);
});

test('a request without a status waits for the platform', () => {
  const view = viewOf(request());
  assert.deepEqual([view.ready, view.reason, view.next], ['Unknown', 'Pending', 'wait']);
  assert.deepEqual(troubles(view), ['Pending']);
});

test('a request that is being deleted is waited for, whatever its last status says', () => {
  for (const conditions of [
    ready,
    [condition('Ready', 'False', 'Rejected'), condition('Stalled', 'True', 'Rejected')],
    [condition('Ready', 'False', 'Releasing'), condition('Reconciling', 'True', 'Releasing')],
  ]) {
    const { metadata, ...others } = request(conditions);
    const going = { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    const { next, deleting } = viewOf({ ...others, metadata: going });
    assert.deepEqual({ next, deleting }, { next: 'wait', deleting: true });
  }
  assert.equal(viewOf(request(ready)).deleting, false);
});

test('a request that lost its ports says why, and that somebody must act', () => {
  const view = viewOf(
    request(
      [
        condition('Accepted', 'False', 'PortOwnedByOtherTenant'),
        condition('Programmed', 'False', 'NotAccepted'),
        condition('Ready', 'False', 'PortOwnedByOtherTenant'),
        condition('Stalled', 'True', 'PortOwnedByOtherTenant'),
      ],
      [
        {
          name: 'leaf',
          state: 'NotAccepted',
          conflicts: [{ ports: '1', reason: 'PortOwnedByOtherTenant', owner: 'tenant-b' }],
        },
      ],
    ),
  );
  assert.equal(view.next, 'act');
  assert.deepEqual(troubles(view), ['PortOwnedByOtherTenant']);
});

test('troubles of single switches are told after those of the whole', () => {
  const view = viewOf(
    request(
      [
        condition('Ready', 'False', 'Rejected'),
        condition('InSync', 'False', 'Drifted'),
        condition('Stalled', 'True', 'Rejected'),
      ],
      [
        { name: 'a', state: 'Rejected' },
        { name: 'b', state: 'DeviceUnreachable' },
      ],
    ),
  );
  assert.deepEqual(troubles(view), ['Rejected', 'Drifted', 'DeviceUnreachable']);
});

test('a request that is ready may still have something to remark on', () => {
  const view = viewOf(
    request([
      ...ready,
      condition('OverLimit', 'True', 'NotGranted'),
      { ...condition('Stalled', 'True', 'NotGranted'), message: 'Ready is True' },
    ]),
  );
  assert.deepEqual(
    remarks(view).map(({ type, message }) => [type, message]),
    [['OverLimit', 'OverLimit is True']],
  );
  assert.deepEqual(troubles(view), ['NotGranted']);
});
