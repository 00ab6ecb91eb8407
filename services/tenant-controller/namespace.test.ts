import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Interface, InterfaceDeviceStatus } from '../../crds/types.gen.ts';
import { awaited, namespaceState } from './namespace.ts';

const namespace = { metadata: { name: 'tenant-c' } };
const leaving = { metadata: { name: 'tenant-c', deletionTimestamp: '2026-01-01T00:00:00Z' } };

test('a namespace is missing, there, or being deleted', () => {
  assert.equal(namespaceState('tenant-c', undefined, 'naas-system'), 'missing');
  assert.equal(namespaceState('tenant-c', namespace, 'naas-system'), 'there');
  assert.equal(namespaceState('tenant-c', leaving, 'naas-system'), 'terminating');
});

test('S-35 the namespaces of the system and of the platform, whatever it is called, are no tenant’s', () => {
  for (const [name, platform] of [
    ['default', 'naas-system'],
    ['kube-system', 'naas-system'],
    ['kube-anything', 'naas-system'],
    ['naas-system', 'naas-system'],
    ['network', 'network'],
  ] as const)
    assert.equal(namespaceState(name, namespace, platform), 'reserved', name);
});

function request(devices: InterfaceDeviceStatus[], deleted = true): Interface {
  return {
    ...{ apiVersion: 'network.as.a.service/v1', kind: 'Interface', spec: { services: [] } },
    metadata: { name: 'r', ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    status: { devices },
  };
}

describe('what a namespace that is being deleted waits for', () => {
  test('each switch that must confirm, once, with the reason', () => {
    const down = { name: 'deviceb', state: 'DeviceUnreachable', message: 'deviceB cannot be reached' };
    const busy = { name: 'devicea', state: 'Pushing', message: 'waiting for deviceA to confirm the release' };
    const done = { name: 'devicec', state: 'Programmed' };
    assert.equal(
      awaited(leaving, [request([down, done]), request([busy, down])]),
      'waiting for devicea (Pushing: waiting for deviceA to confirm the release), deviceb (DeviceUnreachable: deviceB cannot be reached)',
    );
  });
  test('requests whose deletion has not begun', () => {
    assert.equal(
      awaited(leaving, [request([{ name: 'devicea', state: 'Pushing' }], false)]),
      'waiting for 1 request to be deleted',
    );
  });
  test('what Kubernetes says, when no request is left', () => {
    const condition = {
      ...{ type: 'NamespaceContentRemaining', status: 'True', reason: 'SomeResourcesRemain' },
      message: 'Some resources are remaining: pods. has 1 resource instances',
    };
    const settled = { type: 'NamespaceDeletionContentFailure', status: 'False', reason: 'ContentDeleted' };
    assert.equal(
      awaited({ ...leaving, status: { conditions: [condition, settled] } }, []),
      condition.message,
    );
    assert.equal(awaited(leaving, []), 'waiting for Kubernetes to remove it');
  });
});
