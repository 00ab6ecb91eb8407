import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import type { Condition, TenantSpec } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import { systemClock } from '../../lib/kube/clock.ts';
import { connect } from '../../lib/kube/connection.ts';
import { isAlreadyExists } from '../../lib/kube/errors.ts';
import { MAX_SILENCE } from '../../lib/kube/freshness.ts';
import { TENANTS } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { conditionOf, owners, startLab, watcherAccount } from './lab.ts';

const hosts = (uplinks: string): string =>
  `devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54", uplinks: "${uplinks}"}}}`;
const GRANTS: TenantSpec = { grants: [{ devices: ['deviceA'], ports: ['*'], vlans: [100] }] };

const controlPlane = await apiServer();
const lab = await startLab(controlPlane);
for (const namespace of ['tenant-a', 'tenant-b']) await lab.namespace(namespace);
const tenants = client(lab.connection, TENANTS);
const proxy = await startFaultProxy({ kubeconfig: await watcherAccount(controlPlane) });
const connection = await connect({ kubeconfig: proxy.kubeconfig });
after(async () => {
  await connection.close();
  await proxy.stop();
});

afterEach(async () => {
  proxy.clearFaults();
  const cleaner = await lab.watcher();
  await lab.clear();
  await cleaner.stop();
});

async function setTenant(name: string, spec: TenantSpec): Promise<void> {
  try {
    await tenants.create({ metadata: { name }, spec });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await tenants.replace({ ...(await tenants.get({ name })), spec });
  }
}

/**
 * A watcher that hears nothing more of a kind once it has listed it, and a request of tenant-a that waits for a port of
 * tenant-b. Nobody stands before this API server: what is stored is checked by the watcher alone.
 */
async function startWaiting(silent: string) {
  await lab.inventory(hosts('54'));
  await setTenant('tenant-a', GRANTS);
  const clock = { ...systemClock, ahead: 0, monotonic: () => systemClock.monotonic() + clock.ahead };
  const heard = Promise.withResolvers<void>();
  proxy.fault({ match: ({ watch, path }) => watch && path.endsWith(silent), until: heard.promise });
  const watcher = await lab.watcher({ connection, clock });
  await lab.apply('tenant-b', 'holder', [{ devicename: 'deviceA', ports: [1], vlan: 10 }]);
  await lab.untilCondition('tenant-b', 'holder', 'Accepted', 'Accepted');
  await lab.apply('tenant-a', 'waits', [{ devicename: 'deviceA', ports: [1], vlan: 100 }]);
  await lab.untilCondition('tenant-a', 'waits', 'Accepted', 'PortOwnedByOtherTenant');
  return { clock, watcher, hear: () => heard.resolve() };
}

/** The port is free, and the request knows it. */
async function freePort(): Promise<Condition | undefined> {
  await lab.delete('tenant-b', 'holder');
  const isDecided = (reason: string | undefined) => reason !== 'PortOwnedByOtherTenant';
  const request = await lab.untilRequest('tenant-a', 'waits', 'looked at again', (it) =>
    isDecided(conditionOf(it, 'Accepted')?.reason),
  );
  return conditionOf(request, 'Accepted');
}

test('what a Tenant grants no more is not accepted, though the watch of Tenants is silent', async () => {
  const { watcher, hear } = await startWaiting('/tenants');
  await setTenant('tenant-a', { grants: [{ devices: ['deviceA'], ports: ['*'], vlans: [200] }] });
  const { reason, message } = (await freePort()) ?? {};
  assert.deepEqual(
    { reason, message },
    { reason: 'Pending', message: 'Waiting for the list of tenants: Tenant tenant-a has changed' },
  );
  assert.deepEqual(owners(await lab.device('devicea')), {});
  hear();
  await lab.untilCondition('tenant-a', 'waits', 'Accepted', 'VlanNotPermitted');
  await watcher.stop();
});

test('S-27 while nothing was heard of the Tenants for too long a request waits, then it goes on by itself', async () => {
  const { clock, watcher, hear } = await startWaiting('/tenants');
  clock.ahead = MAX_SILENCE + 1000;
  // The inventory is heard of.
  await lab.inventory(hosts('53-54'));
  await freePort();
  const words = 'Waiting for the list of tenants: the API server is silent about it';
  await lab.untilRequest('tenant-a', 'waits', words, (it) => conditionOf(it, 'Accepted')?.message === words);
  assert.deepEqual(owners(await lab.device('devicea')), {});
  // Somebody else's: it tells nothing to the request.
  await setTenant('tenant-c', { grants: [] });
  hear();
  await lab.untilCondition('tenant-a', 'waits', 'Accepted', 'Accepted');
  await watcher.stop();
});

test('S-27 while nothing was heard of the inventory for too long a port that is now an uplink is not claimed', async () => {
  const { clock, watcher, hear } = await startWaiting('/configmaps');
  await lab.inventory(hosts('1,54'));
  clock.ahead = MAX_SILENCE + 1000;
  const { reason, message } = (await freePort()) ?? {};
  assert.deepEqual(
    { reason, message },
    { reason: 'Pending', message: 'Waiting for the inventory: the API server is silent about it' },
  );
  assert.deepEqual(owners(await lab.device('devicea')), {});
  hear();
  await lab.untilCondition('tenant-a', 'waits', 'Accepted', 'PortNotDelegable');
  await watcher.stop();
});
