import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device, Interface, Ledger } from '../../crds/types.gen.ts';
import type { CatalogDevice } from '../../lib/inventory/device.ts';
import { portsOfDevice, portsOfRequests, rowsOf } from './port-rows.ts';

const settings = { vlan: 10, trunk: false, shutdown: true, stp: 'portfast', description: 'text' } as const;
const since = '2026-01-01T00:00:00.000Z';

function top(owner: string, namespace = 'tenant-a') {
  return { namespace, owner, uid: owner, generation: 1, timestamp: since, since: 1 };
}

function device(spec: Ledger): Device {
  return { apiVersion: '', kind: 'Device', metadata: { name: 'leaf' }, spec };
}

const inventory: CatalogDevice = {
  name: 'leaf',
  platform: 'eos',
  groups: ['global'],
  ports: ['1', '2', '3', '4', '10', '49/1', '49/2', '50'],
  uplinks: ['49/1', '49/2'],
  reserved: ['50'],
  reservedVlans: '',
  unused: 'parked',
  mode: 'enforce',
  adopt: true,
};

const ledger = device({
  '10': { ...settings, annotations: top('web') },
  '2': { ...settings, annotations: top('web') },
  '3': {
    ...settings,
    annotations: top('web'),
    others: [{ ...settings, owner: 'old', uid: 'old', generation: 1, timestamp: '2025-01-01T00:00:00.000Z' }],
  },
  '4': {
    annotations: { namespace: 'tenant-b' },
    others: [{ ...settings, owner: 'new', uid: 'new', generation: 1, attempt: 0 }],
  },
});

test('ports of equal use are one row, in the order of the switch', () => {
  const held = { state: 'in use', tenant: 'tenant-a', request: 'web', since, settings };
  assert.deepEqual(rowsOf(portsOfDevice(ledger, inventory)), [
    { ports: '1', state: 'free' },
    { ports: '2,10', ...held },
    { ports: '3', ...held, shadowed: ['old'] },
    { ports: '4', state: 'reserved', tenant: 'tenant-b', request: 'new' },
    { ports: '49/1-2', state: 'uplink' },
    { ports: '50', state: 'platform' },
  ]);
});

test('without the inventory only held ports are known', () => {
  assert.deepEqual(
    rowsOf(portsOfDevice(ledger, undefined)).map(({ ports }) => ports),
    ['2,10', '3', '4'],
  );
});

function request(name: string, ports: string, held: string): Interface {
  return {
    apiVersion: '',
    kind: 'Interface',
    metadata: { name, namespace: 'tenant-a' },
    spec: { services: [{ devicename: 'Leaf', ports: [ports], ...settings }] },
    status: {
      devices: [
        { name: 'leaf', state: 'Programmed', ports: held },
        { name: 'other', state: 'Programmed', ports: '1-9' },
      ],
      claim: { accepted: { generation: 1, timestamp: since } },
    },
  };
}

test('a tenant sees its own ports by its requests', () => {
  const uses = portsOfRequests([request('web', '1-3', '1,3'), request('db', '2', '2')], 'leaf');
  const held = { state: 'in use', tenant: 'tenant-a', since, settings };
  assert.deepEqual(rowsOf(uses), [
    { ports: '1,3', ...held, request: 'web' },
    { ports: '2', ...held, request: 'db' },
  ]);
});

test('a list that was cut off in the status counts as far as it goes', () => {
  const uses = portsOfRequests([request('web', '1-300', '1,3,5-2…')], 'leaf');
  assert.deepEqual([...uses.keys()], ['1', '3']);
});

test('a request that has no status holds nothing that is known', () => {
  const { status: _, ...fresh } = request('web', '1', '1');
  assert.equal(portsOfRequests([fresh], 'leaf').size, 0);
});
