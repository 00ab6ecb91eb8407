import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Clock } from '../../lib/kube/clock.ts';
import { systemClock } from '../../lib/kube/clock.ts';
import { ConnectionError } from '../../lib/kube/errors.ts';
import { instead } from '../support/instead.ts';
import { altered, halt } from './altered.ts';
import { section, stage } from './stage.ts';
import type { Switch } from './stage.ts';

const world = await stage();

/** The same clock, 10 times as fast: a Lease of 15 s is over after 1.5 s, and a second of a busy machine loses none. */
const fast: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * 10,
  after(ms, fn) {
    const timer = setTimeout(fn, ms / 10);
    return () => clearTimeout(timer);
  },
};

/** The clock of a process that is stopped: no timer ever runs, so it renews nothing. */
const stopped: Clock = { ...systemClock, after: () => () => undefined };

function ethernet(leaf: Switch, port: number): string[] | undefined {
  return section(leaf.sim.runningConfig(), `interface Ethernet${port}`);
}

test(
  'S-28 S-49 a push that was paused before its commit cannot commit any more after its successor came',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('fence-commit');
    await leaf.program({ '1': { owner: 'old', vlan: 10 } });
    const pause = halt();
    const slow = altered((connection) => ({
      async commit(session, seconds) {
        await pause.stop();
        await connection.commit(session, seconds);
      },
    }));
    const first = leaf.push({ driver: slow, clock: stopped, job: 'first' });
    await pause.reached;
    await leaf.program({ '1': { owner: 'new', vlan: 20 } });
    assert.equal(await leaf.push({ clock: fast, job: 'second' }), 'applied');
    const after = leaf.sim.runningConfig();

    pause.letGo();

    assert.equal(await first, undefined, 'it has lost the right to tell anything');
    assert.equal(leaf.sim.runningConfig(), after);
    assert.deepEqual(ethernet(leaf, 1), ['description new', 'switchport access vlan 20']);
    const { status } = await leaf.read();
    assert.equal(status?.attempted?.job, 'second');
    assert.equal(status?.attempted?.epoch, 2);
    assert.equal(leaf.sim.device.timer, undefined);
  },
);

test(
  'S-28 a push that was paused before its confirm leaves nothing behind',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('fence-confirm');
    await leaf.program({ '1': { owner: 'old', vlan: 10 } });
    const pause = halt();
    const slow = altered((connection) => ({
      async confirm(session) {
        await pause.stop();
        await connection.confirm(session);
      },
    }));
    const first = leaf.push({ driver: slow, clock: stopped, job: 'first' });
    await pause.reached;
    await leaf.program({ '1': { owner: 'new', vlan: 20 } });
    assert.equal(await leaf.push({ clock: fast, job: 'second' }), 'applied');

    pause.letGo();

    assert.equal(await first, undefined);
    assert.deepEqual(ethernet(leaf, 1), ['description new', 'switchport access vlan 20']);
    assert.equal((await leaf.read()).status?.attempted?.job, 'second');
  },
);

test('S-28 the late status write of a dead holder fails', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('fence-status');
  await leaf.program({ '1': { owner: 'old', vlan: 10 } });
  const pause = halt();
  const slow = {
    ...world.api,
    devices: instead(world.api.devices, {
      async replaceStatus(device) {
        await pause.stop();
        return world.api.devices.replaceStatus(device);
      },
    }),
  };
  const first = leaf.push({ api: slow, clock: stopped, job: 'first' });
  await pause.reached;
  // The successor has written nothing but its epoch when the late one wakes.
  const middle = halt();
  const second = leaf.push({
    clock: fast,
    job: 'second',
    driver: altered((connection) => ({
      async load(text) {
        await middle.stop();
        return connection.load(text);
      },
    })),
  });
  await middle.reached;
  pause.letGo();

  assert.equal(await first, undefined);
  assert.equal((await leaf.read()).status?.applied, undefined);
  middle.letGo();
  assert.equal(await second, 'unchanged');
  assert.equal((await leaf.read()).status?.attempted?.job, 'second');
});

test(
  'S-49 two Jobs at once: one after the other, each in an epoch of its own, sessions never interleaved',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('fence-two');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    let most = 0;
    const watching = altered((connection) => ({
      async open(session) {
        await connection.open(session);
        const open = (await connection.sessions()).sessions.filter(
          ({ name, pending }) => pending && name.startsWith('naas-'),
        );
        most = Math.max(most, open.length);
      },
    }));

    const outcomes = await Promise.all([
      leaf.push({ driver: watching, job: 'one' }),
      leaf.push({ driver: watching, job: 'two' }),
    ]);

    assert.deepEqual(outcomes.sort(), ['applied', 'unchanged']);
    assert.equal(most, 1);
    assert.equal((await leaf.read()).status?.attempted?.epoch, 2);
  },
);

test(
  'a Lease that its holder keeps renewing ends the second Job as busy, and its epoch is left alone',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('fence-busy');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    const pause = halt();
    const slow = altered((connection) => ({
      async load(text) {
        await pause.stop();
        return connection.load(text);
      },
    }));
    const first = leaf.push({ driver: slow, clock: fast, job: 'first' });
    await pause.reached;

    assert.equal(await leaf.push({ clock: fast, job: 'second' }), 'busy');
    const { status } = await leaf.read();
    assert.equal(status?.attempted?.outcome, 'busy');
    assert.equal(status?.attempted?.message, 'Another enforcer holds the Lease of the device');
    assert.equal(status?.attempted?.epoch, 0);

    const stop = new AbortController();
    const third = leaf.push({ clock: fast, job: 'third', signal: stop.signal });
    stop.abort();
    assert.equal(await third, 'busy');
    assert.equal((await leaf.read()).status?.attempted?.message, 'The Job has to stop');

    pause.letGo();
    assert.equal(await first, 'applied');
  },
);

test(
  'an API server that is away for the Lease alone is told as that: no enforcer and no switch is blamed',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('fence-away');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    const away = new ConnectionError('ECONNREFUSED', 'GET lease: connect ECONNREFUSED');
    const api = {
      ...world.api,
      leases: instead(world.api.leases, { get: () => Promise.reject(away) }),
    };
    assert.equal(await leaf.push({ api, clock: fast }), 'busy');
    const { status } = await leaf.read();
    assert.match(status?.attempted?.message ?? '', /^The API server did not answer: GET lease: /);
    assert.equal(status?.conditions?.find(({ type }) => type === 'Reachable')?.status, 'True');
    assert.equal(await leaf.push(), 'applied');
  },
);

test('an older model than what is applied is never pushed', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('fence-older');
  const old = await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  await leaf.program({ '1': { owner: 'r1', vlan: 20, generation: 2 } });
  await leaf.push();
  const shown = leaf.sim.runningConfig();
  await leaf.writeModel(old);

  assert.equal(await leaf.push(), undefined);
  assert.equal(leaf.sim.runningConfig(), shown);
});

test(
  'the model of an earlier Device, a missing one and a rebuilt ledger are busy',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('fence-model', { device: false });
    const device = await leaf.program({ '1': { owner: 'r1', vlan: 10 } }, { model: false });
    assert.equal(await leaf.push(), 'busy');
    await leaf.writeModel({ ...device, metadata: { ...device.metadata, uid: 'another' } });
    assert.equal(await leaf.push(), 'busy');
    await leaf.writeModel(device);
    await world.devices.replace({
      ...(await leaf.read()),
      metadata: {
        ...(await leaf.read()).metadata,
        annotations: { 'network.as.a.service/rebuilding': 'true' },
      },
    });
    assert.equal(await leaf.push(), 'busy');
    assert.doesNotMatch(leaf.sim.runningConfig(), /description r1/);
  },
);
