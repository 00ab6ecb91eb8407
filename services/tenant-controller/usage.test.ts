import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device, Ledger } from '../../crds/types.gen.ts';
import { tenantsOf, usage } from './usage.ts';

const claim = {
  ...{ vlan: 10, trunk: false, shutdown: false, stp: 'portfast' as const, description: 'r' },
  ...{ owner: 'r', uid: 'u', generation: 1 },
};
const device = (name: string, spec: Ledger): Device => ({
  ...{ apiVersion: 'network.as.a.service/v1', kind: 'Device', metadata: { name }, spec },
});

test('a port counts once for its tenant, be it active, reserved or shadowed', () => {
  const { owner, uid, generation, ...settings } = claim;
  const active = { namespace: 'a', owner, uid, generation, timestamp: '2026-01-01T00:00:00.000Z', since: 1 };
  const shadowed = { ...claim, uid: 'v', timestamp: '2025-01-01T00:00:00.000Z' };
  const reserved = { ...claim, uid: 'w', attempt: 0 };
  const devices = [
    device('devicea', {
      '1': { ...settings, annotations: active, others: [shadowed, reserved] },
      '2': { annotations: { namespace: 'a' }, others: [reserved] },
      '3': { annotations: { namespace: 'b' }, others: [reserved] },
    }),
    device('deviceb', { '1': { ...settings, annotations: active } }),
    device('devicec', { '1': { annotations: { namespace: 'b' }, others: [reserved] } }),
  ];
  assert.deepEqual(usage('a', devices, 4), { ports: 3, devices: 2, requests: 4 });
  assert.deepEqual(usage('b', devices, 0), { ports: 2, devices: 2, requests: 0 });
  assert.deepEqual(usage('c', devices, 0), { ports: 0, devices: 0, requests: 0 });
  assert.deepEqual(devices.map(tenantsOf), [['a', 'b'], ['a'], ['b']]);
  assert.deepEqual(tenantsOf(undefined), []);
});
