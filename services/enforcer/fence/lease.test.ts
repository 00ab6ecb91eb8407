import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Clock } from '../../../lib/kube/clock.ts';
import type { Client } from '../../../lib/kube/client.ts';
import { ApiError, ConnectionError } from '../../../lib/kube/errors.ts';
import { silentLog } from '../../../lib/kube/log.ts';
import type { Lease } from '../../../lib/kube/resources.ts';
import { FRESH_MS, takeLease } from './lease.ts';
import type { HeldLease } from './lease.ts';

/** One Lease behind compare-and-swap, and a clock that runs when somebody waits. */
function world(first?: Lease): {
  leases: Client<Lease>;
  clock: Clock;
  stored: () => Lease | undefined;
  advance(ms: number): void;
} {
  let stored = first;
  let version = 1;
  let now = 0;
  const conflict = (): never => {
    throw new ApiError(409, { reason: 'Conflict' }, { call: 'replace' });
  };
  const keep = (lease: Lease): Lease => {
    stored = structuredClone({
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: String((version += 1)) },
    });
    return structuredClone(stored);
  };
  const leases = {
    async get() {
      if (stored === undefined) throw new ApiError(404, { reason: 'NotFound' }, { call: 'get' });
      return structuredClone(stored);
    },
    async create(lease: Lease) {
      return stored === undefined ? keep(lease) : conflict();
    },
    async replace(lease: Lease) {
      return stored?.metadata.resourceVersion === lease.metadata.resourceVersion ? keep(lease) : conflict();
    },
  } as unknown as Client<Lease>;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(ms, fn) {
      // Polls run at once; what comes later (renewals) never does.
      if (ms <= 1000) {
        now += ms;
        queueMicrotask(fn);
      }
      return () => undefined;
    },
  };
  return { leases, clock, stored: () => stored, advance: (ms) => (now += ms) };
}

async function take(
  at: ReturnType<typeof world>,
  identity: string,
  knownEpoch = 0,
  storedEpoch = knownEpoch,
): Promise<HeldLease | undefined> {
  const taken = await tryToTake(at, identity, knownEpoch, storedEpoch);
  return 'busy' in taken ? undefined : taken;
}

function tryToTake(
  at: ReturnType<typeof world>,
  identity: string,
  knownEpoch = 0,
  storedEpoch = knownEpoch,
  signal = new AbortController().signal,
): ReturnType<typeof takeLease> {
  return takeLease({
    leases: at.leases,
    renewals: at.leases,
    namespace: 'n',
    device: 'leaf',
    identity,
    knownEpoch,
    storedEpoch: async () => storedEpoch,
    clock: at.clock,
    log: silentLog,
    signal,
  });
}

/** The same world, whose API server refuses connections as long as it is told to. Each refusal takes a moment. */
function refusing(
  at: ReturnType<typeof world>,
  refuses: () => boolean,
): { at: typeof at; tries: () => number } {
  let tries = 0;
  const get: Client<Lease>['get'] = async (ref) => {
    tries += 1;
    at.advance(1);
    if (refuses()) throw new ConnectionError('ECONNREFUSED', 'GET lease: api: connect ECONNREFUSED');
    return at.leases.get(ref);
  };
  return { at: { ...at, leases: { ...at.leases, get } }, tries: () => tries };
}

test('each taking is a new epoch; a Lease that was given back is taken at once', async () => {
  const at = world();
  const first = await take(at, 'a');
  assert.equal(first?.epoch, 1);
  assert.equal(first.handedOver, true);
  await first.release();
  const second = await take(at, 'b');
  assert.equal(second?.epoch, 2);
  assert.equal(second.handedOver, true);
  assert.equal(at.clock.monotonic(), 0, 'nobody waited');
});

test('a holder that does not renew is followed after 15 s by our own clock, and is known not to have given it back', async () => {
  const at = world();
  await take(at, 'a');
  const second = await take(at, 'b');
  assert.equal(second?.epoch, 2);
  assert.equal(second.handedOver, false);
  assert.ok(at.clock.monotonic() >= 15_000);
});

test('a holder that renews keeps the Lease, and the waiter gives up', async () => {
  const at = world();
  await take(at, 'a');
  const { clock } = at;
  const renewing: typeof at = {
    ...at,
    clock: {
      ...clock,
      after(ms, fn) {
        const lease = at.stored();
        if (lease !== undefined && Math.floor(clock.monotonic() / 5000) % 2 === 1)
          void at.leases.replace(lease);
        return clock.after(ms, fn);
      },
    },
  };
  assert.deepEqual(await tryToTake(renewing, 'b'), {
    busy: 'Another enforcer holds the Lease of the device',
  });
  assert.equal(at.stored()?.spec?.holderIdentity, 'a');
});

test('an API server that refuses connections is asked now and then, and is what is told', async () => {
  const { at, tries } = refusing(world(), () => true);
  const taken = await tryToTake(at, 'a');
  assert.ok(at.clock.monotonic() >= 25_000, 'it was waited for');
  assert.ok(tries() <= 51, `${tries()} tries`);
  assert.deepEqual(taken, {
    busy: 'The API server did not answer: GET lease: api: connect ECONNREFUSED',
  });
});

test('the same after a holder was seen: whether it still holds the Lease nobody knows', async () => {
  const before = world();
  await take(before, 'a');
  const { at, tries } = refusing(before, () => before.clock.monotonic() > 2_000);
  const taken = await tryToTake(at, 'b');
  assert.match('busy' in taken ? taken.busy : '', /^The API server did not answer: /);
  assert.ok(tries() <= 51, `${tries()} tries`);
});

test('an API server that comes back is no reason any more', async () => {
  const before = world();
  const free = refusing(before, () => before.clock.monotonic() < 2_000);
  const first = await tryToTake(free.at, 'a');
  assert.ok('epoch' in first);

  const later = before.clock.monotonic() + 2_000;
  const held = refusing(before, () => before.clock.monotonic() < later);
  const second = tryToTake(
    {
      ...held.at,
      clock: {
        ...held.at.clock,
        after(ms, fn) {
          const lease = before.stored();
          if (lease !== undefined) void before.leases.replace(lease);
          return before.clock.after(ms, fn);
        },
      },
    },
    'b',
  );
  assert.deepEqual(await second, { busy: 'Another enforcer holds the Lease of the device' });
});

test('a Job that is told to stop while it waits says so, not that somebody holds the Lease', async () => {
  for (const refuses of [true, false]) {
    const before = world();
    if (!refuses) await take(before, 'a');
    const stop = new AbortController();
    const { at, tries } = refusing(before, () => {
      if (tries() === 3) stop.abort();
      return refuses;
    });
    assert.deepEqual(await tryToTake(at, 'b', 0, 0, stop.signal), { busy: 'The Job has to stop' });
    assert.equal(tries(), 3);
  }
});

test('who lost the making of the Lease reads it again at once', async () => {
  const at = world();
  const late: typeof at = {
    ...at,
    leases: {
      ...at.leases,
      async create(lease) {
        const first = await take(at, 'faster');
        await first?.release();
        return at.leases.create(lease);
      },
    },
  };
  assert.equal((await take(late, 'slower'))?.epoch, 2);
  assert.equal(at.clock.monotonic(), 0, 'nobody waited');
});

test('the epoch is above the one the Device knows, also when the Lease was deleted', async () => {
  const at = world();
  const taken = await take(at, 'a', 41);
  assert.equal(taken?.epoch, 42);
  assert.equal(taken.handedOver, false, 'somebody may still believe to hold it');
});

test('without a Lease the stored epoch counts, not the one that was remembered', async () => {
  const at = world();
  const taken = await take(at, 'a', 3, 41);
  assert.deepEqual([taken?.epoch, taken?.handedOver], [42, false]);
});

test('the Lease is mine only while it is stored so and was renewed lately', async () => {
  const at = world();
  const taken = await take(at, 'a');
  const lease = at.stored();
  assert.ok(taken !== undefined && lease !== undefined);
  assert.equal(taken.isMine(lease), true);
  assert.equal(taken.isMine({ ...lease, spec: { ...lease.spec, holderIdentity: 'b' } }), false);
  assert.equal(taken.isMine({ ...lease, spec: { ...lease.spec, leaseTransitions: 2 } }), false);
  at.advance(FRESH_MS);
  assert.equal(taken.isMine(lease), false);
});

test('a holder whose Pod has ended is replaced at once, in a new epoch, as one that did not release', async () => {
  const at = world();
  const first = await take(at, 'dead/1');
  assert.ok(first);
  const before = at.clock.monotonic();
  const second = await takeLease({
    ...{
      leases: at.leases,
      renewals: at.leases,
      namespace: 'n',
      device: 'leaf',
      identity: 'next/1',
      knownEpoch: 0,
      storedEpoch: async () => 0,
      clock: at.clock,
    },
    ...{ log: silentLog, signal: new AbortController().signal },
    hasEnded: async (identity) => identity === 'dead/1',
  });
  assert.equal(at.clock.monotonic(), before);
  assert.ok('epoch' in second);
  assert.deepEqual([second.epoch, second.handedOver], [2, false]);
});

test('the next renewal is due 5 s after the last write was sent, however late its answer came', async () => {
  const at = world();
  const waits: number[] = [];
  const slow: typeof at = {
    ...at,
    leases: {
      ...at.leases,
      create: async (lease) => {
        at.advance(3000);
        return at.leases.create(lease);
      },
    },
    clock: {
      ...at.clock,
      after(ms, fn) {
        waits.push(ms);
        return at.clock.after(ms, fn);
      },
    },
  };
  await take(slow, 'a');
  assert.deepEqual(waits, [2000]);
});
