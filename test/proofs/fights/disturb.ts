/** Does to the platform what the plan says. */
import { readdir, readFile } from 'node:fs/promises';
import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import { client } from '../../../lib/kube/client.ts';
import { pause, systemClock } from '../../../lib/kube/clock.ts';
import { isConflict, isNotFound } from '../../../lib/kube/errors.ts';
import { LEASES, type Lease } from '../../../lib/kube/resources.ts';
import type { Fault } from '../../support/fault-proxy.ts';
import type { Arena } from './arena.ts';
import { ownLease } from './own-lease.ts';
import type { Disturbance, Failure } from './plan.ts';

const TAKEN_MS = 40_000;
const POLL_MS = 100;

/**
 * @param calm fulfilled when the clients are done: what is left of a disturbance ends then
 * @returns what was done; undefined where there was nobody to do it to
 */
export async function disturb(
  arena: Arena,
  disturbance: Disturbance,
  calm: Promise<void>,
): Promise<string | undefined> {
  const { target } = disturbance;
  switch (disturbance.kind) {
    case 'kill': {
      if (!(await signal(arena, target, 'SIGKILL'))) return undefined;
      if (disturbance.free) await freeLease(arena, target.replace(/-2$/, ''));
      return 'kill -9';
    }
    case 'stop': {
      const pids = await pidsOf(arena, target);
      if (pids.length === 0) return undefined;
      for (const pid of pids) send(pid, 'SIGSTOP');
      await pause(systemClock, disturbance.forMs);
      for (const pid of pids) send(pid, 'SIGCONT');
      return 'SIGSTOP';
    }
    case 'cut':
      arena.proxies.get(target)?.cutWatches();
      return 'watches cut';
    case 'stale': {
      const proxy = arena.proxies.get(target);
      proxy?.holdWatches();
      await pause(systemClock, disturbance.forMs);
      proxy?.releaseWatches();
      return 'watches held back';
    }
    case 'errors': {
      const takeAway = arena.proxies.get(target)?.fault(failure(disturbance.failure, disturbance.times));
      await calm;
      takeAway?.();
      return `answers: ${disturbance.failure}`;
    }
    case 'depose':
      return depose(arena, target);
  }
}

/** Enforcer Jobs that are asked for until `calm` are made then. */
export function holdPushes(arena: Arena, calm: Promise<void>): void {
  for (const [replica, proxy] of arena.proxies) {
    if (!replica.startsWith('scheduler')) continue;
    const takeAway = proxy.fault({
      match: ({ method, path }) => method === 'POST' && path.endsWith('/jobs'),
      until: calm,
    });
    void calm.then(takeAway);
  }
}

/** From now on every replica leads, or one does. What one of them wrote as a Lease of its own is void then. */
export async function everyoneLeads(arena: Arena, allLead: boolean): Promise<void> {
  for (const [replica, proxy] of arena.proxies) {
    proxy.clearFaults();
    const service = replica.replace(/-2$/, '');
    if (replica === service || service === 'webhooks') continue;
    if (allLead) proxy.fault(ownLease(service));
    // Whoever led until now may be the one that has gone off on its own.
    await freeLease(arena, service);
  }
}

function failure(kind: Failure, times: number): Fault {
  const match: Fault['match'] = ({ watch, path }) => !watch && !path.includes('/leases');
  const isWrite: Fault['match'] = (seen) => match(seen) && seen.method !== 'GET';
  if (kind === 'unheard') return { match, times, drop: 'before' };
  if (kind === 'lost') return { match: isWrite, times, drop: 'after' };
  if (kind === 'hangs') return { match: isWrite, times, hang: 'after' };
  return { match, times, status: kind, ...(kind === 429 ? { retryAfter: 1 } : {}) };
}

async function signal(arena: Arena, target: string, name: NodeJS.Signals): Promise<boolean> {
  const pids = await pidsOf(arena, target);
  for (const pid of pids) send(pid, name);
  return pids.length > 0;
}

/** The process of a service, or those of all enforcers that run: children of the node agent. */
async function pidsOf({ platform }: Arena, target: string): Promise<number[]> {
  const pid = platform.processes.get(target === 'enforcer' ? 'node-agent' : target)?.pid;
  if (pid === undefined) return [];
  if (target !== 'enforcer') return [pid];
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) =>
    list
      .split(' ')
      .filter((word) => /^\d+$/.test(word))
      .map(Number),
  );
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

/** The leader sleeps until another has its Lease; then both believe that they lead. */
async function depose(arena: Arena, service: string): Promise<string | undefined> {
  const leader = await leaderOf(arena, service);
  if (leader === undefined) return undefined;
  send(leader, 'SIGSTOP');
  try {
    await freeLease(arena, service);
    const deadline = performance.now() + TAKEN_MS;
    for (;;) {
      const lease = await readLease(arena, service);
      if (lease?.spec?.holderIdentity) return 'two leaders';
      if (performance.now() > deadline) throw new Error(`Nobody took the Lease of ${service}`);
      await pause(systemClock, POLL_MS);
    }
  } finally {
    send(leader, 'SIGCONT');
  }
}

async function leaderOf({ platform }: Arena, service: string): Promise<number | undefined> {
  for (const name of [service, `${service}-2`]) {
    const { httpAddress, pid } = platform.processes.get(name) ?? {};
    const metrics = await fetch(`http://${httpAddress}/metrics`, { signal: AbortSignal.timeout(2000) })
      .then((response) => response.text())
      .catch(() => '');
    if (/^leader_election_master_status\{[^}]*\} 1$/m.test(metrics)) return pid;
  }
  return undefined;
}

/** As if the holder had handed it back: the next candidate need not wait for its end. */
async function freeLease(arena: Arena, name: string): Promise<void> {
  for (;;) {
    const lease = await readLease(arena, name);
    if (lease === undefined) return;
    try {
      await client(arena.admin, LEASES).replace({ ...lease, spec: { ...lease.spec, holderIdentity: '' } });
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

async function readLease(arena: Arena, name: string): Promise<Lease | undefined> {
  try {
    return await client(arena.admin, LEASES).get({ namespace: PLATFORM_NAMESPACE, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
