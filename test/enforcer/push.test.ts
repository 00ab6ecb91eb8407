import assert from 'node:assert/strict';
import { test } from 'node:test';

import { altered } from './altered.ts';
import { section, stage } from './stage.ts';

const world = await stage();

test('a model that lags: what its request left and came back to keeps what was confirmed, the rest is the model’s', async () => {
  const leaf = await world.addSwitch('push-lagging');
  const web = (generation: number, vlan: number) => ({ owner: 'web', vlan, generation });
  await leaf.program({ '2': web(1, 140), '8': web(1, 140) });
  assert.equal(await leaf.push(), 'applied');
  await leaf.program({ '6': web(2, 150), '8': web(2, 150) });
  const device = await leaf.program(
    { '2': web(3, 160), '4': web(3, 160), '8': web(3, 160) },
    { model: false },
  );

  assert.equal(await leaf.push(), 'applied');
  const vlans = Object.entries(await leaf.confirmed()).map(([port, { vlan }]) => [port, vlan]);
  assert.deepEqual(vlans, [
    ['2', 140],
    ['6', 150],
    ['8', 150],
  ]);
  await leaf.writeModel(device);
  assert.equal(await leaf.push(), 'applied');
  const settled = Object.entries(await leaf.confirmed()).map(([port, { vlan }]) => [port, vlan]);
  assert.deepEqual(settled, [
    ['2', 160],
    ['4', 160],
    ['8', 160],
  ]);
});

test(
  'a push shows the requests, parks the other ports, and tells the status what it did',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('push-1');
    const device = await leaf.program({
      '1': { owner: 'r1', vlan: 10 },
      '2': { owner: 'r1', vlan: 10, trunk: true, shutdown: true },
    });

    assert.equal(await leaf.push({ job: 'enforce-abc' }), 'applied');

    const config = leaf.sim.runningConfig();
    assert.deepEqual(section(config, 'interface Ethernet1'), ['description r1', 'switchport access vlan 10']);
    assert.ok(section(config, 'interface Ethernet2')?.includes('shutdown'));
    assert.deepEqual(section(config, 'interface Ethernet3'), ['shutdown']);
    assert.match(config, /^vlan 10$/m);
    assert.match(leaf.sim.startupConfig(), /description r1/);

    const { status } = await leaf.read();
    assert.equal(status?.applied?.uid, device.metadata.uid);
    assert.equal(status?.applied?.generation, device.metadata.generation);
    assert.match(status?.applied?.configHash ?? '', /^h1:[0-9a-f]{64}$/);
    assert.equal(status?.applied?.saved, true);
    assert.equal(status?.attempted?.outcome, 'applied');
    assert.equal(status?.attempted?.job, 'enforce-abc');
    assert.deepEqual(Object.keys(status?.confirmed ?? {}), ['1', '2']);
    const reasons = Object.fromEntries((status?.conditions ?? []).map(({ type, status: is }) => [type, is]));
    assert.deepEqual(reasons, { Reachable: 'True', InSync: 'True', Saved: 'True' });
  },
);

test(
  'a push without a difference is unchanged, commits nothing, and still writes what is applied',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('push-2');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    const again = await leaf.program({ '1': { owner: 'r1', vlan: 10, since: 1, age: 5 } });
    const commits = leaf.sim.device.checkpoints.length;

    assert.equal(await leaf.push(), 'unchanged');

    assert.equal(leaf.sim.device.checkpoints.length, commits);
    const { status } = await leaf.read();
    assert.equal(status?.applied?.generation, again.metadata.generation);
    assert.equal(status?.attempted?.outcome, 'unchanged');
  },
);

test('a released port is parked by the next push', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('push-3');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 }, '2': { owner: 'r2', vlan: 20 } });
  await leaf.push();
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });

  assert.equal(await leaf.push(), 'applied');

  assert.deepEqual(section(leaf.sim.runningConfig(), 'interface Ethernet2'), ['shutdown']);
  assert.doesNotMatch(leaf.sim.runningConfig(), /^vlan.*20/m);
  assert.deepEqual(Object.keys(await leaf.confirmed()), ['1']);
});

test(
  'a Job that is told to stop before it loads anything pushes nothing and says so',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('push-stop');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    const stop = new AbortController();
    const stopping = altered((connection) => ({
      sessions() {
        stop.abort();
        return connection.sessions();
      },
    }));

    assert.equal(await leaf.push({ driver: stopping, signal: stop.signal }), 'busy');

    assert.doesNotMatch(leaf.sim.runningConfig(), /description r1/);
    assert.equal(await leaf.push(), 'applied');
  },
);

test('a Job that is told to stop in the middle of a commit ends it', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('push-stop-late');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  const stop = new AbortController();
  const stopping = altered((connection) => ({
    async commit(session, seconds) {
      await connection.commit(session, seconds);
      stop.abort();
    },
  }));

  assert.equal(await leaf.push({ driver: stopping, signal: stop.signal }), 'applied');
  assert.equal(leaf.sim.device.timer, undefined);
});

test(
  'a broken template is told with its name and line, and the switch is left alone',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('push-template');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    const before = leaf.sim.runningConfig();
    await world.template('broken.j2', 'hostname {{ model.hostname }}\n{% if %}\n');
    const ref = { namespace: 'naas-system', name: 'base-push-template' };
    const model = await world.configMaps.get(ref);
    await world.configMaps.replace({
      ...model,
      metadata: { ...model.metadata, annotations: { ...model.metadata.annotations, template: 'broken.j2' } },
    });

    assert.equal(await leaf.push(), 'platform-rejected');

    assert.equal(leaf.sim.runningConfig(), before);
    assert.match((await leaf.read()).status?.attempted?.message ?? '', /broken\.j2.*line 2/);
  },
);

test('an edited template is pushed although no request is due', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('push-edited');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  await leaf.push();
  const first = (await leaf.read()).status?.applied?.platform;
  const ref = { namespace: 'naas-system', name: 'base-push-edited' };
  const model = await world.configMaps.get(ref);
  await world.configMaps.replace({ ...model, data: { 'structured-config': 'hostname: renamed\n' } });

  assert.equal(await leaf.push(), 'applied');

  assert.match(leaf.sim.runningConfig(), /^hostname renamed$/m);
  assert.notEqual((await leaf.read()).status?.applied?.platform, first);
  assert.equal(await leaf.push(), 'unchanged', 'also behind a new prompt');
});
