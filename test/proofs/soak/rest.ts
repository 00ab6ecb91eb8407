/** The platform at rest: what is there before the load, and again after everything was deleted. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../../lib/kube/connection.ts';
import type { RunningPlatform } from '../../platform/running-platform.ts';
import { removeSoakModel } from './load/network-team.ts';
import { SWITCHES, TENANTS } from './load/stage.ts';
import { namesOf, type Kind } from './probe/objects.ts';
import { HANDLES, type Reading } from './probe/reading.ts';

/** Names of all objects, by kind. */
export type Inventory = ReadonlyMap<string, ReadonlySet<string>>;

const JOB = 'jobs.batch';
/** Jobs come and go also at rest: each compliance round makes them. Their Pods and Secrets bear their names. */
const OF_JOBS = new Set([JOB, 'pods', 'secrets']);
const JOB_NAME = /^naas-system\/(enforce-[0-9a-z]+-[0-9a-z]+)/;
/** They expire by themselves; see rules.ts. */
const EXPIRING = new Set(['events.events.k8s.io']);
const ROUND_LIMIT_MS = 300_000;
const LOOK_MS = 1000;
/** Connections that are kept for the next call. */
const KEPT_OPEN = 6;

export async function inventoryOf(api: Connection, kinds: readonly Kind[]): Promise<Inventory> {
  const all = new Map<string, ReadonlySet<string>>();
  // Jobs last: what belongs to one that was just made is not taken for left behind.
  const ordered = kinds.toSorted((a, b) => Number(a.name === JOB) - Number(b.name === JOB));
  for (const kind of ordered) all.set(kind.name, new Set(await namesOf(api, kind)));
  return all;
}

/** Deletes all that the load has made, and mends the switches. */
export async function deleteEverything(naas: RunningPlatform, admin: Connection): Promise<void> {
  for (const name of SWITCHES) {
    await naas.atSwitch(name, 'faults', {
      faults: {
        refuseConnections: null,
        disconnectAtCommand: null,
        disconnectAtCommit: null,
        saveFails: null,
      },
    });
  }
  await removeSoakModel(admin);
  for (const tenant of TENANTS)
    await naas.run('admin', 'delete', 'interfaces', '--all', '--namespace', tenant, '--timeout=110s');
}

/**
 * A round of garbage collection: waits until every Job that exists now is gone.
 *
 * @throws after five minutes, naming the Jobs that stayed
 */
export async function garbageIsCollected(api: Connection, kinds: readonly Kind[]): Promise<void> {
  const kind = kinds.find(({ name }) => name === JOB);
  if (kind === undefined) throw new Error('the API server serves no Jobs');
  const before = await namesOf(api, kind);
  const deadline = performance.now() + ROUND_LIMIT_MS;
  for (;;) {
    const now = new Set(await namesOf(api, kind));
    const left = before.filter((name) => now.has(name));
    if (left.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`after ${ROUND_LIMIT_MS / 1000} s these Jobs are still there: ${left.join(', ')}`);
    await delay(LOOK_MS);
  }
}

/** What is there at the end and was not at the beginning, and the other way round. */
export function leftBehind(before: Inventory, after: Inventory): string[] {
  const jobs = new Set([...(after.get(JOB) ?? [])].map((name) => JOB_NAME.exec(name)?.[1]));
  const found: string[] = [];
  for (const [kind, names] of after) {
    if (EXPIRING.has(kind) || kind === JOB) continue;
    const known = before.get(kind) ?? new Set();
    for (const name of names) {
      const job = OF_JOBS.has(kind) ? JOB_NAME.exec(name)?.[1] : undefined;
      if (job === undefined ? !known.has(name) : !jobs.has(job)) found.push(`left behind: ${kind} ${name}`);
    }
  }
  for (const [kind, names] of before) {
    if (EXPIRING.has(kind)) continue;
    for (const name of names) {
      if (OF_JOBS.has(kind) && JOB_NAME.test(name)) continue;
      if (after.get(kind)?.has(name) !== true) found.push(`missing: ${kind} ${name}`);
    }
  }
  return found;
}

/** Handles that a process holds at rest and did not at the beginning. */
export function heldAtRest(before: readonly Reading[], after: readonly Reading[]): string[] {
  const handles = new Set<string>(HANDLES);
  const atSwitch = new Set(['switch sessions', 'switch connections']);
  return after.flatMap(({ subject, what, value }) => {
    if (!handles.has(what) && !atSwitch.has(what)) return [];
    const then = before.find((reading) => reading.subject === subject && reading.what === what)?.value ?? 0;
    // A push of the compliance round may be under way.
    const allowed = then + (atSwitch.has(what) ? 1 : KEPT_OPEN);
    return value > allowed ? [`${subject}: ${what} at rest: ${value}, before ${then}`] : [];
  });
}
