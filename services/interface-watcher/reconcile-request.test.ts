import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device, Interface } from '../../crds/types.gen.ts';
import { keptBook } from '../../lib/grants/kept-book.ts';
import { NOW, claimed, device, request } from '../../lib/ledger/testdata/example.ts';
import { TurnNeeded, reconcileRequest } from './reconcile-request.ts';
import { tenancy } from './tenancy.ts';
import type { InventoryFacts, World } from './world.ts';

const TENANT = {
  ...{ apiVersion: 'v', kind: 'Tenant', metadata: { name: 'tenant-a' } },
  spec: { grants: [{ devices: [], groups: ['global'], ports: ['*'], vlans: [10] }], maxPorts: 4 },
};
const FACTS = {
  ...{ ports: ['1', '2', '3', '4'], uplinks: [], reserved: [], reservedVlans: '' },
  ...{ mode: 'enforce' as const, groups: ['global'] },
};
const INVENTORY: InventoryFacts = new Map([
  ['devicea', FACTS],
  ['deviceb', FACTS],
]);

/** A world of these objects that cannot be written, and what its caches still show of Devices. */
function setUp(live: { requests: Interface[]; devices: Device[] }, cached: Device[]) {
  const writes: string[] = [];
  const refuse = async (): Promise<never> => {
    writes.push('a write');
    throw new Error('written');
  };
  const world: World = {
    getInterface: async ({ name }) => live.requests.find(({ metadata }) => metadata.name === name),
    getDevice: async (name) => live.devices.find(({ metadata }) => metadata.name === name),
    getTenant: async () => TENANT,
    getInventory: async () => INVENTORY,
    replaceDevice: refuse,
    replaceInterface: refuse,
    replaceInterfaceStatus: async (written) => written,
    now: () => NOW,
  };
  const grants = keptBook();
  grants.put('tenant-a', TENANT);
  const limits = tenancy({
    ...{ grants, requireTenant: false },
    ledgersOf: () => cached,
    ledger: (name) => cached.find(({ metadata }) => metadata.name === name),
  });
  const options = {
    ...{ suspects: [], hideOwners: false, tenancy: limits },
    outdated: () => undefined,
    pause: () => Promise.resolve(),
  };
  return { world, options, writes };
}

const on = (devicename: string, ports: string[]) => [{ devicename, ports, vlan: 10 }];

test('ports of a limited tenant are claimed only where they are counted, whatever the cache said of the request', async () => {
  const first = claimed(request({ services: on('deviceA', ['1']) }), [device()]);
  const changed = request({
    services: on('deviceA', ['1-2']),
    metadata: { generation: 2 },
    status: first.request.status ?? {},
  });
  const cached = [...first.devices, device('deviceb')];
  const { world, options, writes } = setUp({ requests: [changed], devices: first.devices }, cached);
  const ref = { namespace: 'tenant-a', name: 'request-001' };
  // The cache shows the generation that is accepted already.
  await assert.rejects(reconcileRequest(world, ref, { ...options, hint: first.request }), TurnNeeded);
  assert.deepEqual(writes, []);
});

test('a ledger that the cache shows too old is read, and what it shows counts', async () => {
  const other = claimed(request({ name: 'other', services: on('deviceB', ['1-3']) }), [device('deviceb')]);
  const wanted = request({ services: on('deviceA', ['1-2']) });
  const live = { requests: [wanted], devices: [device(), ...other.devices] };
  const { world, options, writes } = setUp(live, [device(), device('deviceb')]);
  const ref = { namespace: 'tenant-a', name: 'request-001' };
  const result = await reconcileRequest(world, ref, { ...options, unseen: () => ['deviceb'] });
  const accepted = result?.after.status?.conditions?.find(({ type }) => type === 'Accepted');
  assert.equal(accepted?.message, 'tenant-a would hold 5 ports over all devices, its limit is 4: 1 too many');
  assert.deepEqual(writes, []);
});
