import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, Device } from '../../crds/types.gen.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { deviceMetrics } from './device-metrics.ts';

const condition = (type: string, status: Condition['status'], reason: string): Condition => ({
  ...{ type, status, reason, message: 'words' },
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

function device(name: string, status: NonNullable<Device['status']> = {}): Device {
  return { apiVersion: 'network.as.a.service/v1', kind: 'Device', metadata: { name }, spec: {}, status };
}

test('each switch is told as it is now, and no longer when it is gone', async () => {
  const metrics = createMetrics();
  let devices: Device[] = [
    device('leaf1', {
      conditions: [condition('Ready', 'False', 'DeviceUnreachable'), condition('Saved', 'True', 'Saved')],
      lastDrift: { ports: '1', lines: [], since: '2026-01-01T00:00:00Z', mended: '2026-01-01T00:00:10Z' },
    }),
    device('leaf2'),
  ];
  deviceMetrics(metrics, () => devices);
  const told = async () =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith('naas_device_'));

  assert.deepEqual(await told(), [
    'naas_device_condition{device="leaf1",condition="Ready",status="False",reason="DeviceUnreachable"} 1',
    `naas_device_drift_mended_seconds{device="leaf1"} ${Date.parse('2026-01-01T00:00:10Z') / 1000}`,
  ]);
  devices = [device('leaf1', { conditions: [condition('Ready', 'True', 'Ready')] })];
  assert.deepEqual(await told(), [
    'naas_device_condition{device="leaf1",condition="Ready",status="True",reason="Ready"} 1',
  ]);
  devices = [];
  assert.deepEqual(await told(), []);
});
