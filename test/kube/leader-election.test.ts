// Leader election on a real API server. Time runs four times faster: a machine may stand still for two seconds, no more.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, afterEach, test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { leaderElection } from '../../lib/kube/leader-election.ts';
import type { LeaderElection } from '../../lib/kube/leader-election.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { LEASES } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { hastyClock } from './hasty-clock.ts';

const FASTER = 4;
/** Real milliseconds in which so many seconds of the candidates pass. */
const seconds = (count: number) => (count * 1000) / FASTER;
const namespace = 'default';
const controlPlane = await apiServer({ controllerManager: false });
const direct = await connect({ kubeconfig: controlPlane.kubeconfig });
const leases = client(direct, LEASES);
const clock = hastyClock(FASTER);
const started: LeaderElection[] = [];
const cleanups: (() => Promise<unknown>)[] = [() => direct.close()];
let names = 0;

after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});
afterEach(() => Promise.all(started.splice(0).map((each) => each.stop())));

async function candidate(name: string, identity: string, kubeconfig = controlPlane.kubeconfig, own = clock) {
  const connection = await connect({ kubeconfig, clock: own });
  cleanups.push(() => connection.close());
  const lost = Promise.withResolvers<string>();
  const metrics = createMetrics();
  const onLost = lost.resolve;
  const election = leaderElection({ connection, namespace, name, identity, clock: own, metrics, onLost });
  started.push(election);
  return { election, lost: lost.promise, metrics };
}

const freshName = () => `lease-${++names}`;
const holderOf = async (name: string) => (await leases.get({ namespace, name })).spec?.holderIdentity;

/** Watches that at no time two lead; real milliseconds until `promise` is fulfilled. */
async function neverTwo(elections: readonly LeaderElection[], promise: Promise<unknown>): Promise<number> {
  const from = performance.now();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, elections.filter((each) => each.isLeading()).length);
  }, 1);
  await promise;
  clearInterval(timer);
  assert.ok(most <= 1, `${most} led at once`);
  return performance.now() - from;
}

/** Fulfilled with true if the promise is within so many real milliseconds. */
function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, ms, false)),
  ]);
}

test('of two candidates exactly one leads, and it stays', async () => {
  const name = freshName();
  const a = await candidate(name, 'a');
  const b = await candidate(name, 'b');
  await Promise.race([a.election.whenLeading(), b.election.whenLeading()]);
  const both = Promise.all([a.election.whenLeading(), b.election.whenLeading()]);
  await neverTwo([a.election, b.election], within(both, seconds(30))); // two Lease durations
  const leaders = [a, b].filter(({ election }) => election.isLeading());
  assert.equal(leaders.length, 1);
  assert.match(
    (await leaders[0]?.metrics.text()) ?? '',
    new RegExp(`leader_election_master_status{name="${name}"} 1`),
  );
  const { spec } = await leases.get({ namespace, name });
  assert.equal(spec?.leaseDurationSeconds, 15);
  assert.equal(spec.leaseTransitions, 0);
});

test('a stop hands over at once, without waiting for the Lease to end', async () => {
  const name = freshName();
  const a = await candidate(name, 'a');
  await a.election.whenLeading();
  const b = await candidate(name, 'b');
  assert.equal(await within(b.election.whenLeading(), seconds(3)), false);
  await a.election.stop();
  assert.equal(a.election.isLeading(), false);
  const took = await neverTwo([a.election, b.election], b.election.whenLeading());
  assert.ok(took < seconds(15), `${took} ms: as long as if it had died`);
  assert.equal(await within(a.lost, seconds(0.5)), false, 'a stop is no loss');
  const { spec } = await leases.get({ namespace, name });
  assert.equal(spec?.holderIdentity, 'b');
});

test('a leader that cannot reach the server gives up after 10 s, before another may lead', async () => {
  const name = freshName();
  const proxy = await startFaultProxy({ kubeconfig: controlPlane.kubeconfig });
  cleanups.push(() => proxy.stop());
  const a = await candidate(name, 'a', proxy.kubeconfig);
  await a.election.whenLeading();
  const b = await candidate(name, 'b');
  await within(b.election.whenLeading(), seconds(3));
  proxy.fault({ hang: 'before' });
  const gaveUp = neverTwo([a.election, b.election], a.lost);
  const took = await neverTwo([a.election, b.election], b.election.whenLeading());
  const until = await gaveUp;
  assert.match(await a.lost, /not renewed within 10000 ms/);
  assert.ok(until < seconds(15), `gave up after ${until} ms, when another may lead`);
  assert.ok(took > seconds(12), `taken over after ${took} ms`);
  assert.ok(until < took);
  assert.equal((await leases.get({ namespace, name })).spec?.leaseTransitions, 1);
});

for (const [what, fault] of [
  ['500', { status: 500, times: 3 }],
  ['429', { status: 429, times: 3 }],
  ['a lost answer to an applied renewal', { drop: 'after', times: 2 }],
] as const) {
  test(`a leader outlives ${what}`, async () => {
    const name = freshName();
    const proxy = await startFaultProxy({ kubeconfig: controlPlane.kubeconfig });
    cleanups.push(() => proxy.stop());
    const a = await candidate(name, 'a', proxy.kubeconfig);
    await a.election.whenLeading();
    proxy.fault(fault);
    assert.equal(await within(a.lost, seconds(13)), false);
    assert.equal(a.election.isLeading(), true);
    assert.equal(await holderOf(name), 'a');
  });
}

test('a leader whose Lease somebody took knows at its next renewal', async () => {
  const name = freshName();
  const a = await candidate(name, 'a');
  await a.election.whenLeading();
  await leases.patch({ namespace, name }, { spec: { holderIdentity: 'thief' } }, { type: 'merge' });
  assert.equal(await a.lost, 'held by thief');
  assert.equal(a.election.isLeading(), false);
  await a.election.stop();
  assert.equal(await holderOf(name), 'thief', 'what is not held is not released');
});

test('a deleted Lease is made again by its holder', async () => {
  const name = freshName();
  const a = await candidate(name, 'a');
  await a.election.whenLeading();
  await leases.delete({ namespace, name });
  assert.equal(await within(a.lost, seconds(10)), false);
  assert.equal(await holderOf(name), 'a');
});

for (const [what, wallSkewMs] of [
  ['a day ahead', 86_400_000],
  ['a day behind', -86_400_000],
] as const) {
  test(`a candidate whose clock is ${what} takes nothing from a living leader`, async () => {
    const name = freshName();
    const a = await candidate(name, 'a');
    await a.election.whenLeading();
    const skewed = hastyClock(FASTER, { wallSkewMs });
    const b = await candidate(name, 'b', controlPlane.kubeconfig, skewed);
    const took = within(b.election.whenLeading(), seconds(20));
    await neverTwo([a.election, b.election], took);
    assert.equal(await took, false);
  });
}

test('a Lease that its holder left behind is taken only after its whole duration was watched', async () => {
  const name = freshName();
  const spec = { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2020-01-01T00:00:00.000000Z' };
  await leases.create({ metadata: { namespace, name }, spec });
  const a = await candidate(name, 'a');
  const took = await neverTwo([a.election], a.election.whenLeading());
  assert.ok(took >= seconds(15), `${took} ms`);
});

test('the same identity takes its own Lease again at once', async () => {
  const name = freshName();
  await leases.create({
    metadata: { namespace, name },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15 },
  });
  const a = await candidate(name, 'a');
  assert.equal(await within(a.election.whenLeading(), seconds(5)), true);
});

test('a candidate that is stopped before it leads never leads', async () => {
  const name = freshName();
  const a = await candidate(name, 'a');
  await a.election.whenLeading();
  const b = await candidate(name, 'b');
  await b.election.stop();
  await a.election.stop();
  assert.equal(await within(b.election.whenLeading(), seconds(7)), false);
  assert.equal(await holderOf(name), '');
});

test('a leader that was asleep while another took over writes nothing and leaves when it wakes', async () => {
  const name = freshName();
  const main = new URL('candidate.ts', import.meta.url).pathname;
  const sleeper = spawn(process.execPath, [main, controlPlane.kubeconfig, namespace, name, 'sleeper']);
  cleanups.push(async () => sleeper.kill('SIGKILL'));
  const lines: string[] = [];
  const output = createInterface({ input: sleeper.stdout });
  output.on('line', (line) => lines.push(line));
  await once(output, 'line');
  assert.deepEqual(lines, ['leading']);
  sleeper.kill('SIGSTOP');
  const b = await candidate(name, 'b');
  await b.election.whenLeading();
  const exit = once(sleeper, 'exit');
  sleeper.kill('SIGCONT');
  const [code] = await exit;
  assert.equal(code, 1);
  assert.match(lines.at(-1) ?? '', /^lost: /);
  assert.equal(await holderOf(name), 'b');
  assert.equal(b.election.isLeading(), true);
  assert.equal(await within(b.lost, seconds(5)), false);
});
