import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { Service } from '../../crds/types.gen.ts';
import { ownClaims, parseEntry } from '../../lib/ledger/entry.ts';
import { requestFacts } from '../../lib/ledger/request.ts';
import { resolution } from '../../lib/ledger/resolution.ts';
import { reconcileDevice } from '../../services/interface-watcher/reconcile-device.ts';
import { reconcileRequest } from '../../services/interface-watcher/reconcile-request.ts';
import { Cluster } from './histories/cluster.ts';
import { Crash, Steps } from './histories/steps.ts';

const TENANTS = ['tenant-a', 'tenant-b'];
const NAMES = ['r1', 'r2'];
const DEVICES = ['d1', 'd2'];
const LISTS: Record<string, string[]>[] = [
  { d1: ['1'] },
  { d1: ['1-2'] },
  { d1: ['1'], d2: ['1'] },
  { d2: ['1-2'] },
  { d1: ['2'], d2: ['2'] },
  { D1: ['2-3'], d2: ['1'] },
];

const FACTS = {
  ports: ['1', '2', '3'],
  uplinks: [],
  reserved: [],
  reservedVlans: '',
  mode: 'enforce' as const,
};

function services(choice: number): Service[] {
  const list = LISTS[choice % LISTS.length] ?? {};
  return Object.entries(list).map(([devicename, ports]) => ({ devicename, ports, vlan: 10 + (choice % 2) }));
}

class Tape {
  readonly #choices: readonly number[];
  #next = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  get ended(): boolean {
    return this.#next >= this.#choices.length;
  }

  pick(count: number): number {
    return (this.#choices[this.#next++] ?? 0) % count;
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.pick(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

const pause = async (): Promise<void> => undefined;

/** Plays a history of tenants, switches and two replicas of the service, then lets it come to rest. */
async function play(choices: readonly number[], faults: { lose: boolean }): Promise<void> {
  const tape = new Tape(choices);
  const cluster = new Cluster();
  for (const name of DEVICES) cluster.inventory.set(name, FACTS);
  const steps = new Steps();
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  const stale = new Map<string, ReturnType<Cluster['interfaces']['get']>>();
  const run = (work: Promise<unknown>): void => {
    const done: Promise<void> = work
      .then(
        () => undefined,
        (error: unknown) => {
          const tired = error instanceof Error && error.message.includes('times while it was reconciled');
          if (!(error instanceof Crash) && !tired) failures.push(error);
        },
      )
      .finally(() => running.delete(done));
    running.add(done);
  };
  const startRequest = (namespace: string, name: string, cached: boolean): void => {
    const world = steps.world(cluster.world);
    const hint = cached ? structuredClone(stale.get(`${namespace}/${name}`)) : undefined;
    const suspects = DEVICES.filter(() => tape.pick(2) === 0);
    run(reconcileRequest(world, { namespace, name }, { hint, suspects, hideOwners: false, pause }));
  };
  const startDevice = (name: string): void => {
    const all = tape.pick(2) === 0;
    run(
      reconcileDevice(steps.world(cluster.world), name, {
        namespace: PLATFORM_NAMESPACE,
        suspects: () => all || tape.pick(2) === 0,
        pause,
      }),
    );
  };
  const act = (): void => {
    const [namespace, name, device] = [tape.of(TENANTS), tape.of(NAMES), tape.of(DEVICES)];
    const action = tape.pick(faults.lose ? 28 : 25);
    if (action < 5) cluster.apply(namespace, name, services(tape.pick(100)));
    else if (action < 7) cluster.delete(namespace, name);
    else if (action === 7) cluster.strip(namespace, name);
    else if (action === 8) stale.set(`${namespace}/${name}`, cluster.interfaces.get(`${namespace}/${name}`));
    else if (action < 12) cluster.model(device);
    else if (action < 15) cluster.push(device);
    else if (action < 22 && running.size < 5) startRequest(namespace, name, tape.pick(3) === 0);
    else if (action < 25 && running.size < 5) startDevice(device);
    else if (action >= 25) cluster.lose(device);
  };
  for (const device of DEVICES)
    await reconcileDevice(cluster.world, device, {
      namespace: PLATFORM_NAMESPACE,
      suspects: () => true,
      pause,
    });
  while (!tape.ended) {
    const count = steps.waiting.length;
    if (count === 0 || tape.pick(4) === 0) act();
    else {
      const index = tape.pick(count);
      const fate = tape.pick(20);
      await steps.take(index, fate === 0 ? 'dies before' : fate === 1 ? 'dies after' : 'happens');
    }
  }
  for (let guard = 0; running.size > 0; guard++) {
    assert.ok(guard < 5000, 'reconciles do not end');
    await steps.take(0, 'happens');
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(failures, []);
  await rest(cluster);
  atRest(cluster);
}

/** Everything is reconciled and confirmed until nothing changes any more. */
async function rest(cluster: Cluster): Promise<void> {
  for (let round = 0; round < 30; round++) {
    const before = cluster.version;
    for (const device of DEVICES)
      await reconcileDevice(cluster.world, device, {
        namespace: PLATFORM_NAMESPACE,
        suspects: () => true,
        pause,
      });
    for (const request of [...cluster.interfaces.values()]) {
      const { namespace, name } = requestFacts(request);
      const suspects = DEVICES;
      await reconcileRequest(cluster.world, { namespace, name }, { suspects, hideOwners: false, pause });
    }
    for (const device of DEVICES) {
      cluster.model(device);
      cluster.push(device);
    }
    if (cluster.version === before) return;
  }
  assert.fail('does not come to rest');
}

function atRest(cluster: Cluster): void {
  const live = new Map([...cluster.interfaces.values()].map((request) => [request.metadata.uid, request]));
  const lossy = new Set(cluster.alerts.map(({ uid }) => uid));
  for (const [name, device] of cluster.devices) {
    for (const [port, entry] of Object.entries(device.spec)) {
      const { active, reserved } = parseEntry(port, entry);
      assert.deepEqual(reserved, [], `reservation left on ${port}@${name}`);
      for (const claim of active) {
        const accepted = live.get(claim.uid)?.status?.claim?.accepted;
        assert.equal(claim.generation, accepted?.generation, `stray claim on ${port}@${name}`);
        assert.equal(claim.timestamp, accepted?.timestamp);
      }
    }
  }
  for (const request of live.values()) {
    const facts = requestFacts(request);
    assert.equal(facts.deleting, false, `${facts.name} is still being deleted`);
    const accepted = facts.accepted && cluster.specs.get(`${facts.uid}@${facts.accepted.generation}`);
    if (accepted !== undefined && !lossy.has(facts.uid)) {
      for (const [name, { ports }] of resolution(accepted).resolved?.devices ?? []) {
        for (const port of ports.keys()) {
          const entry = cluster.devices.get(name)?.spec[port];
          const own = entry === undefined ? [] : ownClaims(parseEntry(port, entry), facts.uid).active;
          assert.equal(
            own.length,
            1,
            `all or nothing: ${facts.namespace}/${facts.name} lacks ${port}@${name}`,
          );
        }
      }
    }
    const ready = request.status?.conditions?.find(({ type }) => type === 'Ready');
    if (facts.accepted?.generation === facts.generation) {
      if (!lossy.has(facts.uid)) assert.equal(ready?.reason, 'Ready', JSON.stringify(request.status));
      continue;
    }
    assert.equal(ready?.reason, 'PortOwnedByOtherTenant', JSON.stringify(request.status));
    const blocked = [...(resolution(request).resolved?.devices ?? [])].some(([name, { ports }]) =>
      [...ports.keys()].some((port) => {
        const entry = cluster.devices.get(name)?.spec[port];
        return entry !== undefined && entry.annotations.namespace !== facts.namespace && topOf(entry);
      }),
    );
    assert.ok(blocked, `${facts.namespace}/${facts.name} is refused for nothing`);
  }
}

function topOf(entry: { annotations: { owner?: string } }): boolean {
  return entry.annotations.owner !== undefined;
}

const RUNS = Number(process.env['NAAS_HISTORIES'] ?? 400);
// Not shrunk: that takes minutes, and the seed is enough to play a history again.
const tapes = fc.noShrink(fc.array(fc.nat({ max: 10_000 }), { minLength: 50, maxLength: 1000, size: 'max' }));

test('two replicas that crash anywhere never give a port to two tenants, and come to rest', async () => {
  await fc.assert(
    fc.asyncProperty(tapes, (tape) => play(tape, { lose: false })),
    { numRuns: RUNS },
  );
});

test('a lost Device gets its claims back without giving a port to two tenants', async () => {
  await fc.assert(
    fc.asyncProperty(tapes, (tape) => play(tape, { lose: true })),
    { numRuns: RUNS },
  );
});

test('R10 an accept that rests on reservations of a lost Device fails, and the request starts again', async () => {
  const cluster = new Cluster();
  cluster.inventory.set('d1', FACTS);
  await reconcileDevice(cluster.world, 'd1', { namespace: PLATFORM_NAMESPACE, suspects: () => true, pause });
  cluster.apply('tenant-a', 'r1', services(0));
  const steps = new Steps();
  const ref = { namespace: 'tenant-a', name: 'r1' };
  const settings = { suspects: [], hideOwners: false, pause };
  const done = reconcileRequest(steps.world(cluster.world), ref, settings);
  // GET, finalizer, GET of the Device, GET, reservation; the accept is about to be written
  for (let call = 0; call < 5; call++) await steps.take(0, 'happens');
  assert.equal(Object.keys(cluster.devices.get('d1')?.spec ?? {}).length, 1);
  cluster.lose('d1');
  await reconcileDevice(cluster.world, 'd1', { namespace: PLATFORM_NAMESPACE, suspects: () => true, pause });
  await steps.take(0, 'happens');
  assert.equal(cluster.interfaces.get('tenant-a/r1')?.status?.claim?.accepted, undefined);
  while (steps.waiting.length > 0) await steps.take(0, 'happens');
  await done;
  assert.equal(cluster.interfaces.get('tenant-a/r1')?.status?.claim?.accepted?.generation, 1);
  assert.equal(cluster.devices.get('d1')?.spec['1']?.annotations.owner, 'r1');
});
