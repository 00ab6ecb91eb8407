/**
 * One leader among replicas, by a Lease. It saves work and nothing else: correctness must hold with any number of leaders
 * (R7). Clocks of different machines are never compared: a candidate measures, on its own monotonic clock, for how long
 * the Lease has not changed.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { client } from './client.ts';
import { pause, systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { isAlreadyExists, isConflict, isNotFound, messageOf } from './errors.ts';
import { silentLog } from './log.ts';
import type { Log } from './log.ts';
import { microTime } from './micro-time.ts';
import type { Metrics } from './metrics.ts';
import { LEASES } from './resources.ts';
import type { Lease } from './resources.ts';

export interface LeaderElectionOptions {
  connection: Connection;
  namespace: string;
  /** Name of the Lease. */
  name: string;
  /** Default: host name and a UUID. The same identity may take its own Lease again at once. */
  identity?: string;
  /** Called once, when the lead is lost other than by `stop`. The process must end: its work is another's now. */
  onLost(reason: string): void;
  log?: Log;
  metrics?: Metrics;
  /** Default 15 s: others wait this long for a leader that has fallen silent. */
  leaseDurationMs?: number;
  /** Default 10 s: a leader that could not renew for this long gives up. */
  renewDeadlineMs?: number;
  /** Default 2 s between tries. */
  retryPeriodMs?: number;
  clock?: Clock;
  random?: () => number;
}

export interface LeaderElection {
  /** Fulfilled when this process leads. Never, if it is stopped before. */
  whenLeading(): Promise<void>;
  /** By own time: false as soon as the renewal is overdue, even before anybody noticed. */
  isLeading(): boolean;
  /** Stops trying; hands the Lease back if it is held, so that the next leader need not wait. */
  stop(): Promise<void>;
}

/** Starts to try at once. */
export function leaderElection(options: LeaderElectionOptions): LeaderElection {
  const { namespace, name, metrics, clock = systemClock, random = Math.random } = options;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
  const identity = options.identity ?? `${hostname()}_${randomUUID()}`;
  const log = (options.log ?? silentLog).child({ lease: `${namespace}/${name}` });
  const stopping = new AbortController();
  const leading = Promise.withResolvers<void>();
  /** The Lease as last seen, and since when it is like that. */
  let observed: { lease: Lease; since: number } | undefined;
  /** When the last renewal that succeeded was begun. Undefined: not leading. */
  let renewedAt: number | undefined;
  metrics?.leaderElection.set({ name }, 0);

  /** Half the deadline, so that one lost answer does not cost the lead; never beyond the deadline. */
  function leases() {
    const left = renewedAt === undefined ? renewDeadlineMs : renewedAt + renewDeadlineMs - clock.monotonic();
    const timeoutMs = Math.max(1, Math.min(renewDeadlineMs / 2, left));
    return client(options.connection, LEASES, { timeoutMs, signal: stopping.signal });
  }

  function observe(lease: Lease): void {
    if (observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    observed = { lease, since: clock.monotonic() };
  }

  function specFor(previous: Lease['spec']): NonNullable<Lease['spec']> {
    const now = microTime(clock.now());
    const mine = previous?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: mine && previous.acquireTime ? previous.acquireTime : now,
      renewTime: now,
      leaseTransitions: (previous?.leaseTransitions ?? 0) + (mine || !previous?.holderIdentity ? 0 : 1),
    };
  }

  /** May we write our name? Its own duration counts, as the holder promised it. */
  function isFree(lease: Lease): boolean {
    const { holderIdentity, leaseDurationSeconds = leaseDurationMs / 1000 } = lease.spec ?? {};
    if (!holderIdentity || holderIdentity === identity) return true;
    return observed !== undefined && clock.monotonic() - observed.since > leaseDurationSeconds * 1000;
  }

  /** The Lease as it is, if it is. */
  async function read(): Promise<Lease | undefined> {
    try {
      const lease = await leases().get({ namespace, name });
      observe(lease);
      return lease;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** One try to get or keep the Lease. */
  async function hold(): Promise<boolean> {
    const begun = clock.monotonic();
    // A renewal trusts what it wrote last: if that is old, the write conflicts.
    const lease = renewedAt !== undefined && observed ? observed.lease : await read();
    if (lease && !isFree(lease)) return false;
    try {
      if (lease) observe(await leases().replace({ ...lease, spec: specFor(lease.spec) }));
      else observe(await leases().create({ metadata: { namespace, name }, spec: specFor(undefined) }));
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      const stored = await read();
      // Deleted, then it is free; or still ours, then the answer to a renewal was lost. Else somebody else wrote.
      if (stored === undefined)
        observe(await leases().create({ metadata: { namespace, name }, spec: specFor(undefined) }));
      else if (renewedAt !== undefined && stored.spec?.holderIdentity === identity)
        observe(await leases().replace({ ...stored, spec: specFor(stored.spec) }));
      else throw error;
    }
    renewedAt = begun;
    return true;
  }

  async function tryToHold(): Promise<boolean> {
    try {
      return await hold();
    } catch (error) {
      const expected = isConflict(error) || isAlreadyExists(error) || stopping.signal.aborted;
      if (!expected) log.warn({ error: messageOf(error) }, 'Failed to get or renew the Lease');
      return false;
    }
  }

  function heldByOther(): string | undefined {
    const holder = observed?.lease.spec?.holderIdentity;
    return holder && holder !== identity ? holder : undefined;
  }

  const isOverdue = () => renewedAt !== undefined && clock.monotonic() - renewedAt >= renewDeadlineMs;

  /** Until the lead is lost; says why. */
  async function renew(): Promise<string> {
    for (;;) {
      await pause(clock, retryPeriodMs * (0.8 + 0.4 * random()), stopping.signal);
      if (stopping.signal.aborted) return 'stopped';
      // First the clock: a process that was asleep must not renew what it may have lost long ago.
      if (isOverdue()) return `not renewed within ${renewDeadlineMs} ms`;
      await tryToHold();
      if (stopping.signal.aborted) return 'stopped';
      const other = heldByOther();
      if (other) return `held by ${other}`;
      if (isOverdue()) return `not renewed within ${renewDeadlineMs} ms`;
    }
  }

  async function run(): Promise<void> {
    while (!(await tryToHold())) {
      if (stopping.signal.aborted) return;
      await pause(clock, retryPeriodMs * (1 + random() / 5), stopping.signal);
      if (stopping.signal.aborted) return;
    }
    log.info({ identity }, 'Became the leader');
    metrics?.leaderElection.set({ name }, 1);
    leading.resolve();
    const reason = await renew();
    metrics?.leaderElection.set({ name }, 0);
    if (stopping.signal.aborted) return;
    renewedAt = undefined;
    log.error({ reason }, 'Lost the lead');
    options.onLost(reason);
  }

  async function release(): Promise<void> {
    if (renewedAt === undefined) return;
    renewedAt = undefined;
    const patient = client(options.connection, LEASES, { timeoutMs: renewDeadlineMs / 2 });
    try {
      // Read again: the stop may have cut off a renewal that was applied.
      const lease = await patient.get({ namespace, name });
      if (lease.spec?.holderIdentity !== identity) return;
      const now = microTime(clock.now());
      const spec = {
        ...lease.spec,
        holderIdentity: '',
        leaseDurationSeconds: 1,
        renewTime: now,
        acquireTime: now,
      };
      await patient.replace({ ...lease, spec });
      log.info({}, 'Released the Lease');
    } catch (error) {
      log.warn(
        { error: messageOf(error) },
        'Failed to release the Lease; the next leader has to wait for its end',
      );
    }
  }

  const running = run();
  let stopped: Promise<void> | undefined;

  return {
    whenLeading: () => leading.promise,
    isLeading: () => renewedAt !== undefined && !isOverdue(),
    stop() {
      stopped ??= (async () => {
        stopping.abort(new Error('Stopped'));
        await running;
        await release();
      })();
      return stopped;
    },
  };
}
