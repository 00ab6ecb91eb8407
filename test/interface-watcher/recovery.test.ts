import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { LEDGER_FINALIZER, PLATFORM_NAMESPACE, REBUILDING_ANNOTATION } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { DEVICES } from '../../lib/kube/resources.ts';
import { isConfirmed } from '../../lib/ledger/leaving.ts';
import type { DeviceWorld } from '../../services/interface-watcher/world.ts';
import { apiServer } from '../support/api-server.ts';
import { until } from '../support/until.ts';
import { conditionOf, owners, startLab } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-48"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-48"}}}
`;

const lab = await startLab(await apiServer());
await lab.namespace('tenant-a');
await lab.namespace('tenant-b');
await lab.inventory(HOSTS);

afterEach(async () => {
  const cleaner = await lab.watcher();
  await lab.clear();
  await cleaner.stop();
});

/**
 * The process dies right after its n-th write, before it hears of it; nothing of it happens any more. With every n
 * this is a death between any two writes.
 */
function dying(n: number): { wrap(world: DeviceWorld): DeviceWorld; died: Promise<void>; lived(): boolean } {
  let writes = 0;
  const death = Promise.withResolvers<void>();
  const mortal =
    <A extends unknown[], R>(write: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      const result = writes < n ? await write(...given) : undefined;
      writes++;
      if (result !== undefined && writes < n) return result;
      death.resolve();
      throw new Error('dead');
    };
  return {
    died: death.promise,
    lived: () => writes < n,
    wrap: (world) => ({
      ...world,
      replaceDevice: mortal(world.replaceDevice),
      replaceInterface: mortal(world.replaceInterface),
      replaceInterfaceStatus: mortal(world.replaceInterfaceStatus),
      createDevice: mortal(world.createDevice),
    }),
  };
}

const LIFE = [
  {
    name: 'a create',
    begin: () =>
      lab.apply('tenant-a', 'one', [
        { devicename: 'devicea', ports: ['1-2'], vlan: 10 },
        { devicename: 'deviceb', ports: ['1'], vlan: 10 },
      ]),
    end: () => lab.untilCondition('tenant-a', 'one', 'Accepted', 'Accepted'),
    ledger: { devicea: { 1: 'tenant-a/one', 2: 'tenant-a/one' }, deviceb: { 1: 'tenant-a/one' } },
  },
  {
    name: 'an update',
    begin: () => lab.apply('tenant-a', 'one', [{ devicename: 'devicea', ports: ['2-3'], vlan: 20 }]),
    end: async () => {
      await lab.untilCondition('tenant-a', 'one', 'Accepted', 'Accepted');
      await lab.untilDevice('deviceb', 'empty', (device) => Object.keys(device?.spec ?? {}).length === 0);
    },
    ledger: { devicea: { 2: 'tenant-a/one', 3: 'tenant-a/one' }, deviceb: {} },
  },
  {
    name: 'a refusal',
    begin: () =>
      lab.apply('tenant-b', 'two', [
        { devicename: 'devicea', ports: ['1'], vlan: 20 },
        { devicename: 'deviceb', ports: ['7'], vlan: 20 },
        { devicename: 'devicea', ports: ['3'], vlan: 20 },
      ]),
    end: () => lab.untilCondition('tenant-b', 'two', 'Ready', 'PortOwnedByOtherTenant'),
    ledger: { devicea: { 2: 'tenant-a/one', 3: 'tenant-a/one' }, deviceb: {} },
  },
  {
    name: 'a deletion',
    begin: () => lab.delete('tenant-a', 'one'),
    end: async () => {
      await lab.untilCondition('tenant-b', 'two', 'Accepted', 'Accepted');
      for (const device of ['devicea', 'deviceb']) await lab.confirm(device);
      await lab.untilRequest('tenant-a', 'one', 'gone', (request) => request === undefined);
    },
    ledger: { devicea: { 1: 'tenant-b/two', 3: 'tenant-b/two' }, deviceb: { 7: 'tenant-b/two' } },
  },
];

test('killed between any two writes and started again, the service comes to the same end', async () => {
  for (let n = 1, lived = false; !lived; n++) {
    assert.ok(n < 40, 'there are not that many writes');
    lived = true;
    for (const { begin, end, ledger } of LIFE) {
      const death = dying(n);
      const victim = await lab.watcher({ wrap: death.wrap });
      await begin();
      // It either does all it has to, or dies on the way.
      await Promise.race<unknown>([death.died, end()]);
      await victim.stop();
      lived &&= death.lived();
      const heir = await lab.watcher();
      await end();
      for (const [device, holders] of Object.entries(ledger)) {
        const found = await lab.device(device);
        assert.deepEqual(owners(found), holders, `write ${n}`);
        const reserved = Object.values(found?.spec ?? {}).flatMap((entry) => entry.others ?? []);
        assert.deepEqual(reserved, [], `write ${n}`);
      }
      await heir.stop();
    }
    const cleaner = await lab.watcher();
    await lab.clear();
    await cleaner.stop();
  }
});

test('R6 one that follows keeps no work, and finds what was left behind when it leads', async () => {
  const leader = await lab.watcher();
  await lab.apply('tenant-a', 'left', [{ devicename: 'devicea', ports: ['1'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'left', 'Accepted', 'Accepted');
  await leader.stop();
  const metrics = createMetrics();
  const follower = lab.follower({ metrics });
  const known = async (count: number) =>
    (await metrics.text()).includes(`reflector_objects{kind="Interface"} ${count}\n`);
  await until('the follower knows the request', () => known(1));
  // Its claims stay: nobody waits for the switch, and nobody leads.
  await lab.delete('tenant-a', 'left');
  await lab.strip('tenant-a', 'left');
  await lab.apply('tenant-a', 'new', [{ devicename: 'deviceb', ports: ['1'], vlan: 10 }]);
  await lab.apply('tenant-a', 'short', [{ devicename: 'deviceb', ports: ['2'], vlan: 10 }]);
  await until('the follower knows both', () => known(2));
  await lab.delete('tenant-a', 'short');
  await until('the follower knows that two are gone', () => known(1));
  assert.doesNotMatch(await metrics.text(), /^workqueue_adds_total\{.*\} [1-9]/m);
  await follower.lead();
  await lab.untilDevice('devicea', 'empty', (device) => Object.keys(device?.spec ?? {}).length === 0);
  await lab.untilCondition('tenant-a', 'new', 'Accepted', 'Accepted');
  await follower.stop();
});

test('R10 a lost Device is made anew with the claims it had, and the switch need not be asked', async () => {
  await lab.watcher().then(async (watcher) => {
    await lab.apply('tenant-a', 'older', [{ devicename: 'devicea', ports: ['1-3'], vlan: 10 }]);
    await lab.untilCondition('tenant-a', 'older', 'Accepted', 'Accepted');
    await lab.apply('tenant-a', 'newer', [
      { devicename: 'devicea', ports: ['2'], vlan: 20 },
      { devicename: 'deviceb', ports: ['2'], vlan: 20 },
    ]);
    await lab.untilCondition('tenant-a', 'newer', 'Accepted', 'Accepted');
    await lab.apply('tenant-b', 'other', [{ devicename: 'devicea', ports: ['9'], vlan: 30 }]);
    await lab.untilCondition('tenant-b', 'other', 'Accepted', 'Accepted');
    for (const device of ['devicea', 'deviceb']) await lab.confirm(device);
    await lab.untilCondition('tenant-a', 'newer', 'Ready', 'Ready');
    await watcher.stop();
  });
  const before = await lab.device('devicea');
  await lab.loseDevice('devicea');
  // Somebody asks for a lost port before anybody has noticed.
  await lab.apply('tenant-b', 'greedy', [{ devicename: 'devicea', ports: ['1'], vlan: 30 }]);
  const watcher = await lab.watcher();
  const whole = await lab.untilDevice(
    'devicea',
    'whole again',
    (device) => device !== undefined && device.metadata.annotations?.[REBUILDING_ANNOTATION] === undefined,
  );
  assert.notEqual(whole?.metadata.uid, before?.metadata.uid);
  const claims = (device: typeof before): unknown =>
    Object.entries(device?.spec ?? {}).map(([port, { annotations, ...entry }]) => {
      const { since: _, ...rest } = annotations;
      return [port, rest, entry];
    });
  assert.deepEqual(claims(whole), claims(before));
  await lab.untilCondition('tenant-b', 'greedy', 'Ready', 'PortOwnedByOtherTenant');
  const pushing = await lab.untilRequest(
    'tenant-a',
    'older',
    'not programmed',
    (request) => conditionOf(request, 'Ready')?.reason === 'Pushing',
  );
  assert.equal(pushing?.status?.programmedGeneration, 1);
  assert.ok(whole && !isConfirmed(whole, 0));
  await lab.confirm('devicea');
  await lab.untilCondition('tenant-a', 'older', 'Ready', 'Ready');
  await watcher.stop();
});

test('R10 a Device is kept by its finalizer while it is in the inventory', async () => {
  const watcher = await lab.watcher();
  await lab.apply('tenant-a', 'kept', [{ devicename: 'deviceb', ports: ['1'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'kept', 'Accepted', 'Accepted');
  const device = await lab.device('deviceb');
  assert.deepEqual(device?.metadata.finalizers, [LEDGER_FINALIZER]);
  await client(lab.service, DEVICES).delete({ namespace: PLATFORM_NAMESPACE, name: 'deviceb' });
  await lab.untilDevice('deviceb', 'being deleted', (it) => it?.metadata.deletionTimestamp !== undefined);
  await lab.apply('tenant-a', 'still', [{ devicename: 'deviceb', ports: ['2'], vlan: 10 }]);
  await lab.untilCondition('tenant-a', 'still', 'Accepted', 'Accepted');
  assert.equal((await lab.device('deviceb'))?.metadata.uid, device?.metadata.uid);
  await watcher.stop();
});
