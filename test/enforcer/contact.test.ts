import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Driver } from '../../services/enforcer/driver.ts';
import { eos } from '../../services/enforcer/drivers/eos/driver.ts';
import { configHash } from '../../services/enforcer/config-hash.ts';
import { startEosSim } from '../../topo/eos-sim/server.ts';
import { altered } from './altered.ts';
import { instead } from '../support/instead.ts';
import { until } from '../support/until.ts';
import { CANARY, section, stage } from './stage.ts';

const world = await stage();

test(
  'first contact without consent pushes nothing; the difference is in the log, the hash in the status',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-new');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    const before = leaf.sim.runningConfig();

    assert.equal(await leaf.push({ naas: { adopt: false } }), 'not-adopted');

    assert.equal(leaf.sim.runningConfig(), before);
    const { status } = await leaf.read();
    assert.equal(status?.applied, undefined);
    const hash = configHash(before).replace('h1:', 'sha256:');
    assert.ok(status?.attempted?.message?.includes(hash));
    const review = leaf.logs().find((line) => line.includes('"review"')) ?? '';
    assert.match(review, /\+ {3}description r1/);
    assert.doesNotMatch(review, /Mh3kRk/, 'secrets are masked');
    assert.deepEqual(leaf.sim.device.timer, undefined);

    assert.equal(await leaf.push({ naas: { adopt: hash } }), 'applied', 'the reviewed one');
  },
);

test(
  'a switch whose configuration is no longer the reviewed one is not adopted',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-changed');
    const hash = configHash(leaf.sim.runningConfig()).replace('h1:', 'sha256:');
    leaf.sim.configure('interface Ethernet8', 'description by hand');

    assert.equal(await leaf.push({ naas: { adopt: hash } }), 'not-adopted');
    assert.match((await leaf.read()).status?.attempted?.message ?? '', /no longer the reviewed one/);
  },
);

test('another serial number is a first contact again', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-serial');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  await leaf.push();
  const exchanged = altered(() => ({ facts: async () => ({ serial: 'OTHER', version: '4.35.0F' }) }));

  assert.equal(await leaf.push({ driver: exchanged, naas: { adopt: false } }), 'not-adopted');
});

test('an unreachable switch is told so, and the epoch is left alone', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-away');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  await leaf.push();
  leaf.sim.armFault({ refuseConnections: true });

  assert.equal(await leaf.push(), 'unreachable');

  const { status } = await leaf.read();
  assert.equal(status?.attempted?.epoch, 1);
  assert.equal(status?.attempted?.tries, 1);
  const state = Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]),
  );
  assert.equal(state['Reachable'], 'False DeviceUnreachable');
  assert.equal(state['InSync'], 'Unknown DeviceUnreachable');
  assert.equal(status?.applied?.generation, 2, 'what was applied stays');
  await leaf.push();
  assert.equal((await leaf.read()).status?.attempted?.tries, 2);
  leaf.sim.clearFaults();
  assert.equal(await leaf.push(), 'unchanged');
  assert.equal((await leaf.read()).status?.attempted?.tries, 0);
});

test('a refused login is tried once and told as such', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-auth');
  leaf.sim.armFault({ refuseAuth: true });
  assert.equal(await leaf.push(), 'auth-failed');
});

test('a login without privileges is refused in words', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-privilege', {
    users: [{ name: 'naas', password: CANARY, privilege: 1 }],
    enablePassword: 'enable-secret',
  });
  assert.equal(await leaf.push(), 'auth-failed');
  assert.match((await leaf.read()).status?.attempted?.message ?? '', /password at "enable"/);
});

test(
  "somebody else's commit timer makes the device busy, and is not touched",
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-foreign');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    leaf.sim.armForeignTimer('by-hand', 600, 'vlan 99');
    const before = leaf.sim.runningConfig();

    assert.equal(await leaf.push(), 'busy');

    assert.equal(leaf.sim.runningConfig(), before);
    assert.equal(leaf.sim.device.timer?.session, 'by-hand');
    assert.match((await leaf.read()).status?.attempted?.message ?? '', /by-hand/);
  },
);

test(
  "a push aborts what other epochs left, and leaves other people's sessions",
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-orphans');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    leaf.sim.openForeignSession('naas-7-deadbeef', 'vlan 98');
    leaf.sim.openForeignSession('by-hand', 'vlan 97');
    leaf.sim.armForeignTimer('naas-8-deadbeef', 600, 'vlan 96');

    assert.equal(await leaf.push(), 'applied');

    const pending = leaf.sim.device.sessions.list().filter(({ state }) => state.startsWith('pending'));
    assert.deepEqual(
      pending.map(({ name }) => name),
      ['by-hand'],
    );
    assert.equal(leaf.sim.device.timer, undefined);
    assert.doesNotMatch(leaf.sim.runningConfig(), /^vlan 9/m);
  },
);

test(
  'a human who changes the switch between load and commit wins nothing and loses nothing unseen',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-human');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    await leaf.program({ '1': { owner: 'r1', vlan: 20, generation: 2, since: 2 } });
    let changes = 0;
    const racing = altered((connection) => ({
      async diff(session) {
        const diff = await connection.diff(session);
        if ((changes += 1) === 1) leaf.sim.configure('interface Ethernet8', 'description by hand');
        return diff;
      },
    }));

    assert.equal(await leaf.push({ driver: racing }), 'applied');

    assert.equal(changes, 2, 'loaded again on what the human left');
    assert.deepEqual(section(leaf.sim.runningConfig(), 'interface Ethernet8'), ['shutdown']);
  },
);

test('a human who does not stop changing the switch makes it busy', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-restless');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  let changes = 0;
  const racing = altered((connection) => ({
    async diff(session) {
      leaf.sim.configure('interface Ethernet8', `description by hand ${(changes += 1)}`);
      return connection.diff(session);
    },
  }));

  assert.equal(await leaf.push({ driver: racing }), 'busy');
  assert.equal(changes, 3);
  assert.doesNotMatch(leaf.sim.runningConfig(), /description r1/);
});

test(
  'a commit that cuts management is taken back, and the one request in it is held',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-cut');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    const before = leaf.sim.runningConfig();
    await leaf.program({ '1': { owner: 'r1', vlan: 10 }, '2': { owner: 'r2', vlan: 20, since: 2 } });
    leaf.sim.armFault({ managementLoss: true }, 1);

    assert.equal(await leaf.push(), 'unchanged');

    assert.equal(leaf.sim.runningConfig(), before);
    const [held] = (await leaf.read()).status?.held ?? [];
    assert.equal(held?.reason, 'RolledBack');
    assert.ok(Date.parse(held.retryAt ?? '') - Date.now() < 60_000, 'tried again soon');
  },
);

test('a switch that shows something else than it promised is taken back', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-other');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  await leaf.push();
  const before = leaf.sim.runningConfig();
  await leaf.program({ '1': { owner: 'r1', vlan: 10 }, '2': { owner: 'r2', vlan: 20, since: 2 } });
  let connections = 0;
  const other = altered((connection) => {
    const fresh = (connections += 1) > 1;
    return {
      runningConfig: async () => `${await connection.runningConfig()}${fresh ? 'vlan 4000\n' : ''}`,
    };
  });

  assert.equal(await leaf.push({ driver: other }), 'unchanged');

  assert.equal(leaf.sim.runningConfig(), before);
  assert.equal(leaf.sim.device.timer, undefined);
  const [held] = (await leaf.read()).status?.held ?? [];
  assert.equal(held?.reason, 'RolledBack');
  assert.match(held.message, /vlan 4000/);
});

test(
  'a configuration that cannot be saved is in force, and told as not saved until it is',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-save');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    leaf.sim.armFault({ saveFails: true });
    assert.equal(await leaf.push(), 'applied');
    const state = async (): Promise<string | undefined> =>
      (await leaf.read()).status?.conditions?.find(({ type }) => type === 'Saved')?.status;
    assert.equal(await state(), 'False');
    assert.equal((await leaf.read()).status?.applied?.saved, false);

    leaf.sim.clearFaults();
    assert.equal(await leaf.push(), 'unchanged');
    assert.equal(await state(), 'True');
    assert.match(leaf.sim.startupConfig(), /description r1/);
  },
);

test(
  'a line that died before the Lease was taken is opened anew, and who answers then is asked who it is',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-slept');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    let dials = 0;
    /** Its first connection is lost while the enforcer sleeps; `serial` tells who answered since. */
    const driver = (serial?: string): Driver => ({
      ...eos,
      async connect(target, options) {
        const real = await eos.connect(target, options);
        dials += 1;
        const asFirst = dials === 1;
        const facts = async () => {
          const told = await real.facts();
          if (asFirst) real.close();
          return asFirst || serial === undefined ? told : { ...told, serial };
        };
        return instead(real, { facts });
      },
    });
    assert.equal(await leaf.push({ driver: driver() }), 'applied');
    const { status } = await leaf.read();
    assert.equal(status?.conditions?.find(({ type }) => type === 'Reachable')?.status, 'True');

    dials = 0;
    await leaf.program({ '1': { owner: 'r1', vlan: 11, generation: 2 } });
    const before = leaf.sim.runningConfig();
    const other = { driver: driver('another-one'), naas: { adopt: false } };
    assert.equal(await leaf.push(other), 'not-adopted');
    assert.equal(leaf.sim.runningConfig(), before);
  },
);

test(
  'S-87 drift: enforce pushes over it and keeps what it found, alert shows it with its ports and pushes nothing, pause does nothing',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-drift');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 }, '2': { owner: 'r2', vlan: 20 } });
    await leaf.push();
    const good = leaf.sim.runningConfig();
    leaf.sim.configure('interface Ethernet1', 'description by hand', 'no vlan 20');
    const drifted = leaf.sim.runningConfig();

    assert.equal(await leaf.push({ naas: { mode: 'pause' } }), undefined);
    assert.equal(await leaf.push({ naas: { mode: 'alert' } }), 'unchanged');
    assert.equal(leaf.sim.runningConfig(), drifted);
    const { status } = await leaf.read();
    assert.equal(status?.attempted?.tries, 0, 'a check that ended well');
    assert.equal(status?.drift?.ports, '1-2');
    assert.ok(status.drift.lines.includes('+   description by hand'));
    assert.equal(status.conditions?.find(({ type }) => type === 'InSync')?.reason, 'Drifted');

    assert.equal(await leaf.push(), 'applied');
    assert.equal(leaf.sim.runningConfig(), good);
    const after = (await leaf.read()).status;
    assert.equal(after?.drift, undefined);
    // S-87: pushed over, it can still be read.
    const { since, mended, ...found } = after?.lastDrift ?? {};
    assert.deepEqual(found, { ports: status.drift.ports, lines: status.drift.lines });
    assert.equal(since, status.drift.since);
    assert.ok(mended !== undefined && mended > status.drift.since);
    assert.equal(after?.conditions?.find(({ type }) => type === 'InSync')?.status, 'True');
  },
);

test(
  'alert mode does not push a change over drift: who asked for it is told that the switch is busy',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-alert-busy');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 }, '2': { owner: 'r2', vlan: 20 } });
    await leaf.push();
    leaf.sim.configure('interface Ethernet1', 'description by hand');
    const drifted = leaf.sim.runningConfig();
    const before = (await leaf.read()).status;
    for (const ports of [{ '1': { owner: 'r1', vlan: 11, generation: 2 } }, {}]) {
      await leaf.program(ports);
      assert.equal(await leaf.push({ naas: { mode: 'alert' } }), 'busy');
      const { status } = await leaf.read();
      assert.deepEqual([status?.applied, status?.confirmed], [before?.applied, before?.confirmed]);
      assert.equal(status?.drift?.ports, '1');
    }
    assert.equal(leaf.sim.runningConfig(), drifted);
  },
);

test(
  'alert mode still pushes what tenants ask for while there is no drift',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-alert');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    await leaf.push();
    await leaf.program({});
    assert.equal(await leaf.push({ naas: { mode: 'alert' } }), 'applied');
  },
);

test(
  'wherever the connection breaks, the switch shows the old or the new configuration and the next push clears up',
  { timeout: 60_000 },
  async (t) => {
    const leaf = await world.addSwitch('contact-broken');
    let vlan = 10;
    await leaf.program({ '1': { owner: 'r1', vlan } });
    await leaf.push();
    const outcomes = new Set<string>();

    async function broken(name: string, arm: () => void): Promise<boolean> {
      let stopped = false;
      await t.test(name, async () => {
        vlan += 1;
        const old = leaf.sim.runningConfig();
        const device = await leaf.program({ '1': { owner: 'r1', vlan, generation: vlan, since: vlan } });
        arm();
        const outcome = await leaf.push({ asked: true });
        outcomes.add(outcome ?? 'none');
        leaf.sim.clearFaults();
        const shown = leaf.sim.runningConfig();
        const isNew = section(shown, 'interface Ethernet1')?.includes(`switchport access vlan ${vlan}`);
        if (outcome === 'applied') assert.ok(isNew);
        else if (outcome !== 'uncertain') assert.equal(shown, old);

        assert.match((await leaf.push({ asked: true })) ?? '', /^(applied|unchanged)$/);
        const after = leaf.sim.runningConfig();
        assert.deepEqual(section(after, 'interface Ethernet1'), [
          'description r1',
          `switchport access vlan ${vlan}`,
        ]);
        const left = leaf.sim.device.sessions.list().filter(({ state }) => state.startsWith('pending'));
        assert.deepEqual(left, []);
        assert.equal(leaf.sim.device.timer, undefined);
        assert.equal((await leaf.read()).status?.applied?.generation, device.metadata.generation);
        stopped = outcome === 'applied';
      });
      return stopped;
    }

    // Each connection counts its own commands; the longer one of a push has fewer than 30.
    for (let command = 1; command <= 30; command += 1) {
      if (
        await broken(`before the answer to command ${command}`, () =>
          leaf.sim.armFault({ disconnectAtCommand: command }, 1),
        )
      )
        break;
    }
    await broken('before the commit', () => leaf.sim.armFault({ disconnectAtCommit: 'before' }, 1));
    await broken('after the commit', () => leaf.sim.armFault({ disconnectAtCommit: 'after' }, 1));
    await broken('in the middle of the text', () => leaf.sim.armFault({ disconnectAtByte: 900 }, 1));
    assert.ok(outcomes.has('unreachable'));
    assert.ok(outcomes.has('rolled-back'));
  },
);

test(
  'a switch that lags, repeats its echo and drops the first input is pushed all the same',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-lagging');
    await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
    leaf.sim.armFault({ duplicateEcho: true, latencyMs: 5 });
    leaf.sim.armFault({ dropFirstInput: true }, 1);
    assert.equal(await leaf.push(), 'applied');
  },
);

test('the switch of the oldest supported release is pushed', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-422', { version: '4.22.1F' });
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  assert.equal(await leaf.push(), 'applied');
});

test('no Device yet: nothing is pushed and nobody is told', { timeout: 60_000 }, async () => {
  const leaf = await world.addSwitch('contact-nobody', { device: false });
  assert.equal(await leaf.push(), undefined);
});

test(
  'an API server that is away while the switch answers leaves no line open',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-away');
    const away = () => Promise.reject(new Error('the API server is away'));
    const api = { ...world.api, devices: { ...world.api.devices, get: away, list: away } };
    let dialled: ReturnType<Driver['connect']> | undefined;
    const driver: Driver = { ...eos, connect: (...call) => (dialled = eos.connect(...call)) };
    await assert.rejects(leaf.push({ api, driver }), /the API server is away/);
    await dialled;
    // An open line would keep the process until its Job is killed.
    await until('the line is closed', () => (leaf.sim.connections() === 0 ? true : undefined));
  },
);

test(
  'a switch nobody listens for is unreachable within the time for connecting',
  { timeout: 60_000 },
  async () => {
    const leaf = await world.addSwitch('contact-gone');
    const other = await startEosSim({ hostname: 'gone', ports: 1, users: [] });
    const port = other.sshPort;
    await other.stop();
    assert.equal(await leaf.push({ host: { port } }), 'unreachable');
  },
);
