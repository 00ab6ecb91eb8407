import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Clock } from '../kube/clock.ts';
import { ApiError } from '../kube/errors.ts';
import { silentLog } from '../kube/log.ts';
import type { Secret } from '../kube/resources.ts';
import type { DeepReadonly } from '../kube/types.ts';
import { certificateKeeper } from './certificate-keeper.ts';
import type { CertificateKeeperOptions } from './certificate-keeper.ts';
import {
  bundleOf,
  isSignedBy,
  namesOf,
  readSet,
  servesName,
  splitBundle,
  validityOf,
  writeSet,
} from './certificate-set.ts';
import type { CertificateSet } from './certificate-set.ts';
import { LIFETIMES, nextStep, takeStep } from './rotation.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const NAMES = ['webhooks.naas-system.svc', '127.0.0.1', '::1'];
const yes = () => true;
const no = () => false;

describe('what is due', () => {
  test('nothing there: everything is made', () => {
    assert.equal(nextStep(undefined, NAMES, START, yes), 'create');
  });
  test('all fresh: nothing', async () => {
    assert.equal(nextStep(await fresh(), NAMES, START, yes), undefined);
  });
  test('a leaf is renewed half a week before it ends', async () => {
    const set = await fresh();
    assert.equal(nextStep(set, NAMES, START + 3.5 * DAY, yes), undefined);
    assert.equal(nextStep(set, NAMES, START + 3.5 * DAY + 1000, yes), 'renew-leaf');
  });
  test('a leaf without a name that is asked for is renewed, and keeps the names of others', async () => {
    const set = await fresh();
    const wanted = ['other.example', ...NAMES.slice(0, 1)];
    assert.equal(nextStep(set, wanted, START, yes), 'renew-leaf');
    const renewed = await takeStep('renew-leaf', set, wanted, START);
    for (const name of [...NAMES, 'other.example']) assert.ok(servesName(renewed.leaf.cert, name), name);
    assert.equal(nextStep(renewed, NAMES, START, yes), undefined);
    assert.equal(nextStep(renewed, wanted, START, yes), undefined);
  });
  test('the next authority is made a quarter ahead, and signs only when published for a day', async () => {
    const set = await takeStep('renew-leaf', await fresh(), NAMES, START + 276 * DAY);
    const now = START + 276 * DAY;
    assert.equal(nextStep(set, NAMES, now, yes), 'prepare-authority');
    const prepared = await takeStep('prepare-authority', set, NAMES, now);
    assert.equal(prepared.trusted.length, 2);
    assert.equal(prepared.leaf, set.leaf);
    assert.equal(nextStep(prepared, NAMES, now, yes), undefined);
    assert.equal(nextStep(prepared, NAMES, now + DAY, no), undefined, 'not published');
    assert.equal(nextStep(prepared, NAMES, now + DAY, yes), 'promote-authority');
    const promoted = await takeStep('promote-authority', prepared, NAMES, now + DAY);
    assert.equal(promoted.next, undefined);
    assert.ok(isSignedBy(promoted.leaf.cert, promoted.authority.cert));
    assert.equal(promoted.authority, prepared.next);
    assert.deepEqual(promoted.trusted, prepared.trusted);
    assert.equal(nextStep(promoted, NAMES, now + DAY, yes), undefined);
    const later = await takeStep('renew-leaf', promoted, NAMES, START + 366 * DAY);
    assert.equal(nextStep(later, NAMES, START + 366 * DAY, yes), 'drop-authority');
    const dropped = await takeStep('drop-authority', later, NAMES, START + 366 * DAY);
    assert.deepEqual(dropped.trusted, [promoted.authority.cert]);
  });
  test('after years without anyone looking, everything is made anew', async () => {
    assert.equal(nextStep(await fresh(), NAMES, START + 400 * DAY, yes), 'create');
  });
});

describe('the Secret', () => {
  test('reads what was written', async () => {
    const set = await takeStep('prepare-authority', await fresh(), NAMES, START);
    assert.deepEqual(readSet(writeSet(set)), set);
  });
  test('is refused when a part is missing, broken or of another set', async () => {
    const data = writeSet(await fresh());
    const other = writeSet(await fresh());
    assert.equal(readSet(undefined), undefined);
    for (const key of Object.keys(data)) {
      assert.equal(readSet({ ...data, [key]: '' }), undefined, key);
      assert.equal(readSet({ ...data, [key]: 'AAAA' }), undefined, key);
      assert.equal(readSet({ ...data, [key]: other[key] ?? '' }), undefined, key);
    }
    assert.equal(readSet({ ...data, 'next-authority.crt': other['authority.crt'] ?? '' }), undefined);
  });
  test('a leaf is a leaf and lives seven days at most', async () => {
    const { leaf, authority } = await fresh();
    const read = new X509Certificate(leaf.cert);
    assert.equal(read.ca, false);
    assert.equal(new X509Certificate(authority.cert).ca, true);
    assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    const { to } = validityOf(leaf.cert);
    assert.ok(to - START <= 7 * DAY);
    assert.deepEqual(namesOf(leaf.cert).slice(0, 2), NAMES.slice(0, 2));
  });
});

function fresh(): Promise<CertificateSet> {
  return takeStep('create', undefined, NAMES, START);
}

/** A Secret with the API server's compare-and-swap, shared by several keepers. */
function sharedSecret() {
  let stored: Secret | undefined;
  let version = 0;
  const refuse = (code: number, reason: string) =>
    new ApiError(code, { reason, message: reason }, { call: 'test' });
  return {
    writes: 0,
    data: () => stored?.data,
    set(data: Record<string, string>) {
      stored = { metadata: { name: 'webhook-tls', resourceVersion: String(++version) }, data };
    },
    async get() {
      if (stored === undefined) throw refuse(404, 'NotFound');
      return structuredClone(stored);
    },
    async create(object: { data?: Record<string, string> }) {
      if (stored !== undefined) throw refuse(409, 'AlreadyExists');
      this.writes++;
      this.set(object.data ?? {});
      return this.get();
    },
    async replace(object: Secret) {
      if (object.metadata.resourceVersion !== stored?.metadata.resourceVersion) throw refuse(409, 'Conflict');
      this.writes++;
      this.set(object.data ?? {});
      return this.get();
    },
  };
}

function keeper(
  secret: ReturnType<typeof sharedSecret>,
  clock: Clock,
  changes: Partial<CertificateKeeperOptions> = {},
) {
  return certificateKeeper({
    secrets: secret,
    ...{ namespace: 'naas-system', name: 'webhook-tls', names: NAMES, clock, log: silentLog },
    published: yes,
    onChange: () => {},
    ...changes,
  });
}

function virtualClock(now: number): Clock & { time: number } {
  return {
    time: now,
    now() {
      return this.time;
    },
    monotonic() {
      return this.time;
    },
    after: () => () => {},
  };
}

test('several replicas agree on one set', async () => {
  const secret = sharedSecret();
  const clock = virtualClock(START);
  const keepers = Array.from({ length: 5 }, () => keeper(secret, clock));
  await Promise.all(keepers.map((one) => one.check()));
  assert.equal(secret.writes, 1);
  const sets = new Set(keepers.map((one) => one.current()?.leaf.cert));
  assert.equal(sets.size, 1);
  assert.ok(!sets.has(undefined));
});

test('a Secret that someone broke or deleted is made anew', async () => {
  const secret = sharedSecret();
  const clock = virtualClock(START);
  const one = keeper(secret, clock);
  await one.check();
  const before = one.current();
  secret.set({ 'tls.crt': 'AAAA' });
  await one.check();
  assert.notDeepEqual(one.current(), before);
  assert.deepEqual(readSet(secret.data()), one.current());
});

test('a Secret that somebody else has begun to keep is left alone, and what was in use goes on', async () => {
  const secret = sharedSecret();
  const clock = virtualClock(START);
  const givenAway = (kept: DeepReadonly<Secret>) => kept.data?.['tls.crt'] === 'AAAA';
  const one = keeper(secret, clock, { givenAway });
  await one.check();
  const before = one.current();
  secret.set({ 'tls.crt': 'AAAA' });
  await one.check();
  assert.deepEqual(secret.data(), { 'tls.crt': 'AAAA' });
  assert.equal(one.current(), before);
  // One that starts now has nothing to serve with.
  const late = keeper(secret, clock, { givenAway });
  await assert.rejects(late.check(), /kept by somebody else: NAAS_CERTIFICATES must be given/);
  assert.deepEqual(secret.data(), { 'tls.crt': 'AAAA' });
});

test('S-05 an API server that does not answer changes nothing: the old certificate serves until its end', async () => {
  const secret = sharedSecret();
  const clock = virtualClock(START);
  const one = keeper(secret, clock);
  await one.check();
  const before = one.current();
  secret.get = async () => {
    throw new Error('no answer');
  };
  await assert.rejects(one.check(), /no answer/);
  assert.equal(one.current(), before);
  assert.equal(one.isValid(), true);
  clock.time += 8 * DAY;
  assert.equal(one.isValid(), false);
});

test('S-42 two years of rotation without one refused connection', { timeout: 120_000 }, async () => {
  const secret = sharedSecret();
  const clock = virtualClock(START);
  // What the API server trusts: told at each change, seen by it only at the next step of time.
  let told = '';
  let trusts = '';
  const server = createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const replicas = [0, 1].map((index) =>
    keeper(secret, clock, {
      published: (authority) => trusts.includes(authority),
      onChange(set) {
        if (index === 0) server.setSecureContext(set.leaf);
        told = bundleOf(set);
      },
    }),
  );
  await replicas[0]?.check();
  trusts = told;
  const leaves = new Set<string>();
  const authorities = new Set<string>();
  let largest = 0;
  try {
    for (; clock.time < START + 2 * 365 * DAY; clock.time += 18 * HOUR) {
      for (const replica of replicas) await replica.check();
      const shown = await shownCertificate(port);
      leaves.add(shown);
      const bundle = splitBundle(trusts);
      largest = Math.max(largest, bundle.length);
      const signer = bundle.find((authority) => isSignedBy(shown, authority));
      assert.ok(
        signer !== undefined,
        `day ${(clock.time - START) / DAY}: the API server does not trust the signer`,
      );
      authorities.add(signer);
      for (const part of [shown, signer]) {
        const { from, to } = validityOf(part);
        assert.ok(
          from <= clock.time && clock.time < to,
          `day ${(clock.time - START) / DAY}: not within its time`,
        );
      }
      assert.ok(servesName(shown, '127.0.0.1'));
      trusts = told;
    }
  } finally {
    server.close();
  }
  assert.ok(leaves.size > 150, `${leaves.size} leaves`);
  assert.ok(authorities.size >= 3, `${authorities.size} authorities`);
  assert.ok(largest === 2 && LIFETIMES.overlap >= 18 * HOUR, `at most ${largest} trusted at once`);
});

/** The certificate a server shows, PEM. Times are checked by the test: its clock is not the machine's. */
async function shownCertificate(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).toString();
}
