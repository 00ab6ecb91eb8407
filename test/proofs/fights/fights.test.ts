import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { API_VERSION, PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import { client } from '../../../lib/kube/client.ts';
import { connect, type Connection } from '../../../lib/kube/connection.ts';
import { ApiError, isConflict } from '../../../lib/kube/errors.ts';
import { DEVICES, INTERFACES } from '../../../lib/kube/resources.ts';
import type { Device, PortEntry } from '../../../crds/types.gen.ts';
import { startArena, type Arena } from './arena.ts';
import { experiment } from './experiment.ts';
import { startObserver, type Observer } from './observer.ts';
import { table, told, toldFailure } from './report.ts';
import { rest } from './round.ts';

/** `make fights` plays 1,000 rounds of 50 clients. */
const PLAN = { rounds: 8, seed: 1, clients: 20, tenants: [2, 10] } as const;

describe('tenants that fight for the same ports', () => {
  let arena: Arena;
  let observer: Observer;
  let breakGlass: Connection;
  before(async () => {
    arena = await startArena(PLAN);
    const { controlPlane } = arena.platform;
    observer = await startObserver({ kubeconfig: controlPlane.kubeconfig, switches: arena.switches });
    const user = { name: 'emergency', groups: ['system:masters', 'naas:break-glass'] };
    breakGlass = await connect({ kubeconfig: await controlPlane.kubeconfigFor(user) });
  });
  after(async () => {
    await breakGlass?.close();
    await observer?.stop();
    await arena?.stop();
  });

  /** A change of the ledger in an emergency: nobody asks whether it is right. Fulfilled when the referee has seen it. */
  async function forge(change: (spec: Device['spec']) => void): Promise<void> {
    const api = client(breakGlass, DEVICES);
    for (;;) {
      const device = await api.get({ namespace: PLATFORM_NAMESPACE, name: 'devicea' });
      change(device.spec);
      try {
        const { metadata } = await api.replace(device);
        while (seenGeneration() < (metadata.generation ?? 0)) await observer.changed();
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  function seenGeneration(): number {
    const found = observer.seen().devices.find(({ metadata }) => metadata.name === 'devicea');
    return found?.metadata.generation ?? 0;
  }

  async function ask(tenant: string, index: number, port: string, tag: string): Promise<void> {
    const settings = { vlan: 100 + index, description: tag, shutdown: false };
    await client(arena.user(tenant, index).connection, INTERFACES).create({
      apiVersion: API_VERSION,
      kind: 'Interface',
      metadata: { namespace: tenant, name: `client-${index}-live` },
      spec: { services: [{ devicename: 'devicea', ports: [port], ...settings }] },
    });
  }

  /** What the referee says once all is at rest again. */
  async function verdict(): Promise<string> {
    const { waits } = await rest(observer);
    await observer.judge();
    return [...waits, ...observer.faults()].join('\n');
  }

  test(`S-22 S-24 exactly one tenant gets a port, others are told who, nothing is left, ${PLAN.rounds} rounds`, async (context) => {
    const { rounds, broke } = await experiment({
      ...PLAN,
      arena,
      observer,
      onRound: (round) => context.diagnostic(told(round)),
    });
    context.diagnostic(table(rounds, observer.counts));
    assert.equal(broke.length, 0, toldFailure(rounds.at(-1), broke));
    const sum = (count: (round: (typeof rounds)[number]) => number) =>
      rounds.reduce((all, round) => all + count(round), 0);
    assert.ok(sum(({ tally }) => tally.won) > 0, 'ports were fought for');
    assert.ok(sum(({ tally }) => tally.deniedByLedger) > 0, 'some got past admission and lost all the same');
    assert.ok(sum(({ tally }) => tally.deniedAtAdmission) > 0, 'some were denied at admission');
    assert.ok(sum(({ disturbed }) => disturbed.length) > 0, 'the platform was disturbed');
  });

  test('two requests that do not meet leave the referee content', async () => {
    await ask('duel-1', 0, '3', 'live-1');
    await ask('duel-2', 1, '4', 'live-2');
    assert.equal(await verdict(), '');
  });

  test('the referee notices a setting of another tenant that somebody typed into the switch', async () => {
    await arena.switches.configure('devicea', ['interface Ethernet4', 'description live-1']);
    await observer.judge();
    assert.match(observer.faults().join('\n'), /port 4 shows live-1 of duel-1 .* it is of duel-2/);
    // The compliance check puts it right; then nothing is left to say.
    assert.equal(await verdict(), '');
  });

  test('the referee notices a claim that a member of naas:break-glass wrote for nobody’s request', async () => {
    let stolen: PortEntry | undefined;
    await forge((spec) => {
      const { '3': of } = spec;
      assert.ok(of);
      stolen = { ...of, annotations: { ...of.annotations, owner: 'forged', uid: 'forged' } };
      spec['5'] = stolen;
    });
    const said = await verdict();
    assert.match(said, /port 5: top claim of duel-1\/forged \(forged\): no such request was ever stored/);
    assert.equal((await observer.read()).devices[0]?.spec['5'], undefined, 'the platform has removed it');
  });

  test('the referee notices a claim that was written for a request that did not ask for the port', async () => {
    await forge((spec) => {
      const { '3': of } = spec;
      assert.ok(of);
      spec['6'] = of;
    });
    await observer.judge();
    assert.match(
      observer.faults().join('\n'),
      /port 6: top claim of duel-1\/client-0-live .* does not ask for it/,
    );
    await forge((spec) => delete spec['6']);
  });

  test('even a member of naas:break-glass cannot pass a port to another tenant in one write', async () => {
    await assert.rejects(
      forge((spec) => {
        const { '3': of, '4': other } = spec;
        assert.ok(of && other);
        spec['4'] = { ...of, annotations: { ...of.annotations } };
      }),
      (error) => error instanceof ApiError && error.code === 422,
    );
    assert.equal(await verdict(), '');
  });
});
