import type { Attempted } from '../../crds/types.gen.ts';
import type { Job, Pod } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { INDEX_ANNOTATION, JOB_NAME_LABEL, slicesOf } from './job.ts';

/** What the Jobs of one device say about it. */
export interface Flights {
  /** Name of the Job that works on the device, or will. */
  readonly inFlight: string | undefined;
  /** When it counts as lost though nobody tells of its end; undefined while nothing ended it. */
  readonly inFlightUntil: number | undefined;
  /** The newest Jobs in a row that ended without leaving a result. */
  readonly lost: { readonly count: number; readonly at: number } | undefined;
  /** End of the newest Job that ended well without leaving a result: it found nothing to tell. */
  readonly checkedAt: number | undefined;
  /**
   * The newest Job that ended without a result, if none younger has one. Before it counts, the Device must be read
   * anew: the end of a Pod may be seen before the result that was written earlier.
   */
  readonly silent: string | undefined;
}

export interface FlightsInput {
  readonly device: string;
  readonly attempted: Pick<Attempted, 'job' | 'outcome'> | undefined;
  /** Jobs that list the device, as stored. */
  readonly jobs: readonly DeepReadonly<Job>[];
  /** Pods that list the device, also of Jobs that are gone. */
  readonly pods: readonly DeepReadonly<Pod>[];
  /** Jobs just made that the store does not show yet. */
  readonly launched: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A Pod that should have ended is waited for so long, for the word of a kubelet that is merely late. Milliseconds. */
const OVERDUE_MS = 30_000;

/**
 * Judges the Jobs of a device. In flight is a device in a Job that neither has its result in `attempted.job` nor
 * ended its Pod. The Job's own conditions come up to a second later and only count where there is no Pod.
 * A Pod that was told to end and whose time is over counts as failed: its node may be gone, and nobody would ever tell.
 * Should its process live on, the Lease keeps it from harm (R9).
 */
export function flights({ device, attempted, jobs, pods, launched, now }: FlightsInput): Flights {
  const runs = new Map<string, Run>();
  for (const job of jobs) runs.set(job.metadata.name, runOfJob(job));
  for (const pod of pods) {
    const job = pod.metadata.labels?.[JOB_NAME_LABEL];
    if (job === undefined || !isOfSlice(pod, device)) continue;
    runs.set(job, runOfPod(pod, now));
  }
  for (const job of launched) if (!runs.has(job)) runs.set(job, { state: 'open' });

  let inFlight: string | undefined;
  let inFlightUntil: number | undefined;
  let checkedAt: number | undefined;
  let lost: { count: number; at: number } | undefined;
  let silent: string | undefined;
  let counting = true;
  // Names sort by the time a Job was made: the newest first.
  for (const name of [...runs.keys()].sort().reverse()) {
    const run = runs.get(name);
    if (run === undefined) continue;
    const hasResult = attempted?.job === name && attempted.outcome !== undefined;
    // What is older than the last result is of no interest: the younger Job was made because the older one had its
    // result, and is only saving yet.
    const isOlder = attempted?.job !== undefined && attempted.outcome !== undefined && attempted.job > name;
    if (hasResult || isOlder) break;
    if (run.state === 'open') {
      inFlight ??= name;
      inFlightUntil = least(inFlightUntil, run.until);
      continue;
    }
    silent ??= name;
    if (run.state === 'succeeded') {
      checkedAt = Math.max(checkedAt ?? 0, run.at);
      counting = false;
    } else if (counting) {
      lost = { count: (lost?.count ?? 0) + 1, at: Math.max(lost?.at ?? 0, run.at) };
    }
  }
  return { inFlight, inFlightUntil, lost, checkedAt, silent };
}

type Run =
  | { readonly state: 'open'; readonly until?: number }
  | { readonly state: 'succeeded' | 'failed'; readonly at: number };

function runOfPod(pod: DeepReadonly<Pod>, now: number): Run {
  const phase = pod.status?.phase;
  if (phase !== 'Succeeded' && phase !== 'Failed') {
    const { deletionTimestamp } = pod.metadata;
    if (deletionTimestamp === undefined) return { state: 'open' };
    // The time of a Pod's deletion has its grace period in it.
    const until = timeOf(deletionTimestamp) + OVERDUE_MS;
    return now < until ? { state: 'open', until } : { state: 'failed', at: until };
  }
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => state?.terminated?.finishedAt);
  const at = Math.max(timeOf(pod.metadata.creationTimestamp), ...ends.map(timeOf));
  return { state: phase === 'Succeeded' ? 'succeeded' : 'failed', at };
}

/** Counts only until the Job has a Pod, or after its Pod was removed. */
function runOfJob(job: DeepReadonly<Job>): Run {
  const end = job.status?.conditions?.find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  if (end === undefined) return { state: 'open' };
  const at = timeOf(end.lastTransitionTime);
  return { state: end.type === 'Complete' ? 'succeeded' : 'failed', at };
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function isOfSlice(pod: DeepReadonly<Pod>, device: string): boolean {
  const index = Number(pod.metadata.annotations?.[INDEX_ANNOTATION] ?? 0);
  return slicesOf(pod)[index]?.includes(device) ?? false;
}

function timeOf(text: string | undefined): number {
  const time = text === undefined ? 0 : Date.parse(text);
  return Number.isNaN(time) ? 0 : time;
}
