import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Driver } from '../../services/enforcer/driver.ts';
import { DriverError } from '../../services/enforcer/driver.ts';
import { altered } from './altered.ts';
import { section, stage } from './stage.ts';

const world = await stage();

function port(config: string, number: number): string[] | undefined {
  return section(config, `interface Ethernet${number}`);
}

test(
  'S-55 a line the switch refuses holds its owner only; the others are programmed',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-line');
    leaf.sim.armFault({ rejectLine: 'description bad-one' });
    await leaf.program({
      '1': { owner: 'good', vlan: 10, age: 1 },
      '2': { owner: 'bad-one', vlan: 20, age: 2 },
      '3': { owner: 'good-too', vlan: 30, namespace: 'tenant-b', age: 3 },
    });

    assert.equal(await leaf.push(), 'applied');

    const config = leaf.sim.runningConfig();
    assert.deepEqual(port(config, 1), ['description good', 'switchport access vlan 10']);
    assert.deepEqual(port(config, 2), ['shutdown']);
    assert.deepEqual(port(config, 3), ['description good-too', 'switchport access vlan 30']);
    const { status } = await leaf.read();
    assert.deepEqual(Object.keys(status?.confirmed ?? {}), ['1', '3']);
    const [held, ...more] = status?.held ?? [];
    assert.deepEqual(more, []);
    assert.equal(held?.uid, 'uid-bad-one');
    assert.equal(held.reason, 'Rejected');
    assert.match(held.message, /^"description bad-one" % Invalid input/);
    assert.doesNotMatch(held.message, /good/);
    assert.equal(held.ports, '2');
  },
);

test(
  'S-55 a request whose section does not render is held, and nothing of it reaches the switch',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-render');
    await leaf.program({
      '1': { owner: 'good', vlan: 10 },
      '2': { owner: 'odd', vlan: 666 },
      '3': { owner: 'odd', vlan: 30 },
    });

    assert.equal(await leaf.push(), 'applied');

    const config = leaf.sim.runningConfig();
    assert.deepEqual(port(config, 1), ['description good', 'switchport access vlan 10']);
    assert.deepEqual(port(config, 2), ['shutdown']);
    assert.deepEqual(port(config, 3), ['shutdown'], 'a request counts as a whole');
    const { status } = await leaf.read();
    assert.deepEqual(
      status?.held?.map(({ uid, reason }) => [uid, reason]),
      [['uid-odd', 'RenderFailed']],
    );
  },
);

test(
  'a held request keeps what was confirmed of it, and is left alone until something changes',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-keeps');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    leaf.sim.armFault({ rejectLine: 'vlan 20' });
    await leaf.program({ '1': { owner: 'r1', vlan: 20, generation: 2, since: 2 } });

    assert.equal(await leaf.push(), 'unchanged');
    assert.deepEqual(port(leaf.sim.runningConfig(), 1), ['description r1', 'switchport access vlan 10']);
    assert.equal((await leaf.read()).status?.held?.[0]?.tries, 1);

    leaf.sim.clearFaults();
    assert.equal(await leaf.push(), 'unchanged', 'still held');
    assert.deepEqual(port(leaf.sim.runningConfig(), 1), ['description r1', 'switchport access vlan 10']);

    assert.equal(await leaf.push({ asked: true }), 'applied');
    assert.deepEqual(port(leaf.sim.runningConfig(), 1), ['description r1', 'switchport access vlan 20']);
    assert.deepEqual((await leaf.read()).status?.held, []);
  },
);

test(
  'a template that breaks the platform part blames nobody and leaves the switch alone',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-platform');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    const before = leaf.sim.runningConfig();
    leaf.sim.armFault({ rejectLine: '^hostname' });
    await leaf.program({ '1': { owner: 'r1', vlan: 10 }, '2': { owner: 'r2', vlan: 20, since: 2 } });

    assert.equal(await leaf.push(), 'platform-rejected');

    assert.equal(leaf.sim.runningConfig(), before);
    const { status } = await leaf.read();
    assert.deepEqual(status?.held ?? [], []);
    assert.equal(status?.attempted?.outcome, 'platform-rejected');
    assert.match(status?.attempted?.message ?? '', /base\/base-blame-platform/);
    assert.equal(status?.applied?.generation, 2);
  },
);

test(
  'a refusal without a line holds the request that brings it, on top of those that load',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-semantic');
    await leaf.program({
      '1': { owner: 'r1', vlan: 10, age: 1 },
      '2': { owner: 'overlapping', vlan: 20, age: 2 },
      '3': { owner: 'r3', vlan: 30, age: 3 },
    });
    const driver = refusing(/description overlapping/, '% Subnet 10.0.0.0/24 overlaps');

    assert.equal(await leaf.push({ driver }), 'applied');

    const { status } = await leaf.read();
    assert.deepEqual(Object.keys(status?.confirmed ?? {}), ['1', '3']);
    assert.deepEqual(
      status?.held?.map(({ uid, message }) => [uid, message]),
      [['uid-overlapping', '% Subnet 10.0.0.0/24 overlaps']],
    );
  },
);

test(
  'a commit that is refused is tried with each request alone, oldest first',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-commit');
    await leaf.program({ '7': { owner: 'r0', vlan: 70 } });
    await leaf.push();
    await leaf.program({
      '7': { owner: 'r0', vlan: 70 },
      '1': { owner: 'r1', vlan: 10, age: 1, since: 2 },
      '2': { owner: 'poison', vlan: 20, age: 2, since: 2 },
      '3': { owner: 'r3', vlan: 30, age: 3, since: 2 },
    });
    const driver = failingCommit(/description poison/);

    assert.equal(await leaf.push({ driver, job: 'enforce-alone' }), 'applied');

    const { status } = await leaf.read();
    // The Job's result, although it went on after r1: without it the scheduler waits for the end of the Pod.
    assert.equal(status?.attempted?.job, 'enforce-alone');
    assert.deepEqual(Object.keys(status?.confirmed ?? {}).sort(), ['1', '3', '7']);
    assert.deepEqual(
      status?.held?.map(({ uid, reason }) => [uid, reason]),
      [['uid-poison', 'RolledBack']],
    );
    assert.deepEqual(port(leaf.sim.runningConfig(), 2), ['shutdown']);
    assert.equal(leaf.sim.device.timer, undefined);
  },
);

test(
  'a Job has its result also when the last request alone is the bad one',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-last');
    await leaf.program({
      '1': { owner: 'r1', vlan: 10, age: 1 },
      '2': { owner: 'r2', vlan: 20, age: 2 },
      '3': { owner: 'poison', vlan: 30, age: 3 },
    });
    const driver = failingCommit(/description poison/);

    assert.equal(await leaf.push({ driver, job: 'enforce-last' }), 'applied');

    const { status } = await leaf.read();
    assert.equal(status?.attempted?.job, 'enforce-last');
    assert.equal(status?.attempted?.outcome, 'applied');
    assert.deepEqual(Object.keys(status?.confirmed ?? {}).sort(), ['1', '2']);
    assert.deepEqual(
      status?.held?.map(({ uid }) => uid),
      ['uid-poison'],
    );
  },
);

test(
  'before the first confirmed push, pushing alone does not park what the switch already runs',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-rebuilt');
    await leaf.program({ '1': { owner: 'r1', vlan: 10, age: 1 }, '2': { owner: 'r2', vlan: 20, age: 2 } });
    await leaf.push();
    // The Device is lost and made again: same requests, nothing known to be confirmed, and a third one is poison.
    await world.devices.delete({ namespace: 'naas-system', name: leaf.name });
    await leaf.program({
      '1': { owner: 'r1', vlan: 10, age: 1 },
      '2': { owner: 'r2', vlan: 20, age: 2 },
      '3': { owner: 'poison', vlan: 30, age: 3 },
    });
    const parked: string[] = [];
    const driver = failingCommit(/description poison/, () => {
      for (const number of [1, 2])
        if (port(leaf.sim.runningConfig(), number)?.includes('shutdown')) parked.push(`${number}`);
    });

    await leaf.push({ driver });

    assert.deepEqual(parked, []);
    assert.deepEqual(Object.keys(await leaf.confirmed()).sort(), ['1', '2']);
    assert.deepEqual(port(leaf.sim.runningConfig(), 1), ['description r1', 'switchport access vlan 10']);
  },
);

test('after eight rounds of culprits the rest waits for the next Job', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('blame-rounds', { ports: 24 });
  const naas = { ports: '1-24' };
  await leaf.program({ '24': { owner: 'old', vlan: 99 } });
  await leaf.push({ naas });
  const ports: Record<string, { owner: string; vlan: number; age: number; since: number }> = {};
  for (let number = 1; number <= 10; number += 1) {
    ports[String(number)] = { owner: `bad-${number}`, vlan: 100 + number, age: number, since: 2 };
  }
  ports['20'] = { owner: 'good', vlan: 200, age: 20, since: 2 };
  leaf.sim.armFault({ rejectLine: 'description bad-' });
  await leaf.program(ports);

  assert.equal(await leaf.push({ naas }), 'applied');
  assert.deepEqual(await leaf.confirmed(), {}, 'what was released goes all the same');
  assert.equal((await leaf.read()).status?.held?.length, 8);

  assert.equal(await leaf.push({ naas }), 'applied');
  assert.deepEqual(Object.keys(await leaf.confirmed()), ['20']);
  assert.equal((await leaf.read()).status?.held?.length, 10);
});

test(
  'after eight rounds before the first confirmed push nothing is pushed, and the holds are written',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-first', { ports: 24 });
    const naas = { ports: '1-24' };
    const ports: Record<string, { owner: string; vlan: number; age: number }> = {};
    for (let number = 1; number <= 9; number += 1) {
      ports[String(number)] = { owner: `bad-${number}`, vlan: 100 + number, age: number };
    }
    ports['20'] = { owner: 'good', vlan: 200, age: 20 };
    leaf.sim.armFault({ rejectLine: 'description bad-' });
    await leaf.program(ports);
    const before = leaf.sim.runningConfig();

    assert.equal(await leaf.push({ naas }), 'busy');

    assert.equal(leaf.sim.runningConfig(), before);
    assert.equal((await leaf.read()).status?.held?.length, 8);
    assert.equal(await leaf.push({ naas }), 'applied');
    assert.deepEqual(Object.keys(await leaf.confirmed()), ['20']);
  },
);

test(
  'guard rails: a base model that would lock the platform out is refused',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('blame-guard');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    const before = leaf.sim.runningConfig();
    await world.template('generic-guard.j2', 'hostname blame-guard\n');
    const ref = { namespace: 'naas-system', name: 'base-blame-guard' };
    const model = await world.configMaps.get(ref);
    await world.configMaps.replace({
      ...model,
      metadata: {
        ...model.metadata,
        annotations: { ...model.metadata.annotations, template: 'generic-guard.j2' },
      },
    });

    assert.equal(await leaf.push(), 'platform-rejected');
    assert.equal(leaf.sim.runningConfig(), before);
    assert.match((await leaf.read()).status?.attempted?.message ?? '', /user naas/);
  },
);

/** Takes every line, and then refuses a text without naming one. */
function refusing(what: RegExp, message: string): Driver {
  return altered((connection) => ({
    async load(text) {
      const problems = await connection.load(text);
      return what.test(text) ? [...problems, { message }] : problems;
    },
  }));
}

/** Refuses to commit a session in which something stands. */
function failingCommit(what: RegExp, watch: () => void = () => undefined): Driver {
  return altered((connection) => ({
    async commit(session, seconds) {
      if (what.test(await connection.print(session))) {
        throw new DriverError('refused', '"commit timer": % Cannot commit: hardware resources exceeded');
      }
      await connection.commit(session, seconds);
    },
    async confirm(session) {
      await connection.confirm(session);
      watch();
    },
  }));
}
