import type { Confirmed } from '../../crds/types.gen.ts';
import type { DueRequest } from '../../lib/ledger/due.ts';
import { blame, words } from './blame.ts';
import type { Refusal } from './blame.ts';
import type { Culprit } from './held.ts';
import { PushEnded } from './outcome.ts';
import { redactLine } from './redact.ts';

/** What the rounds need from the switch. `R` is a candidate that waits there, ready to commit. */
export interface Trial<R> {
  /** @param assumed claims that count as confirmed although no push of ours confirmed them */
  prepare(
    include: readonly DueRequest[],
    assumed: Confirmed,
  ): Promise<{ ready: R } | { refusal: Refusal; running: Confirmed }>;
  abandon(ready: R): Promise<void>;
  /**
   * Commits, verifies, confirms and writes the status.
   * @param more whether the Job goes on after this push
   */
  push(ready: R, culprits: readonly Culprit[], more: boolean): Promise<Pushed>;
  /** Whether there is time for another try before the Job's deadline. */
  hasTime(): boolean;
}

export type Pushed =
  | { state: 'done'; outcome: 'applied' | 'unchanged' }
  | { state: 'changed' }
  | { state: 'failed'; message: string; running: Confirmed };

export interface Settled {
  outcome: 'applied' | 'unchanged' | 'platform-rejected' | 'rolled-back' | 'busy';
  message: string;
  culprits: readonly Culprit[];
  /** How many of the culprits the Job's result already names; undefined when that is still to be written. */
  told: number | undefined;
}

/** Rounds in which a culprit is looked for; then the others wait for the next Job. */
export const MAX_ROUNDS = 8;
const MAX_CHANGED = 3;

/**
 * Pushes as many requests as the switch takes and finds out who is to blame for the rest (enforcement.md, "Who is
 * to blame"). One tenant never stops another.
 * @param requests let in, oldest first
 * @param known the switch is known to show what `confirmed` says: something was applied from this Device, and the
 *   last holder of the Lease gave it back. Without that, a top claim that the switch already runs counts as confirmed.
 * @param applied something was applied from this very Device before
 * @param culprits filled while they are found, so that they are not lost when this throws
 */
export async function settle<R>(
  requests: readonly DueRequest[],
  trial: Trial<R>,
  { known, applied }: { known: boolean; applied: boolean },
  culprits: Culprit[] = [],
): Promise<Settled> {
  let remaining = [...requests];
  let assumed: Confirmed = {};
  let platformLoads = false;

  for (let round = 0; ; round += 1) {
    if (remaining.length > 0 && (round >= MAX_ROUNDS || !trial.hasTime())) {
      const message = `${culprits.length} requests were held; the other ${remaining.length} are tried in the next Job`;
      // Before the first `applied` the switch may run what was lost here: ∅ would park it.
      if (!applied) return { outcome: 'busy', message, culprits, told: undefined };
      remaining = [];
    }
    const tried = await trial.prepare(remaining, assumed);
    if ('ready' in tried) {
      const pushed = await pushReady(trial, remaining, assumed, tried.ready, culprits);
      if (pushed === 'again') continue;
      if (pushed.state === 'done') {
        return { outcome: pushed.outcome, message: pushed.outcome, culprits, told: culprits.length };
      }
      if (remaining.length === 0) {
        return { outcome: 'rolled-back', message: pushed.message, culprits, told: undefined };
      }
      if (!known) assumed = { ...assumed, ...pushed.running };
      return pushAlone(trial, remaining, assumed, culprits, pushed.message, applied);
    }

    const { refusal, running } = tried;
    if (remaining.length === 0) return platformRejected(refusal, culprits);
    if (!known) assumed = { ...assumed, ...running };
    if (!platformLoads) {
      // 1. If the platform's own part does not load, no tenant is to blame.
      const empty = await trial.prepare([], assumed);
      if ('ready' in empty) await trial.abandon(empty.ready);
      else if (empty.refusal.stage !== 'guard' || refusal.stage === 'guard')
        return platformRejected(empty.refusal, []);
      platformLoads = true;
    }
    const verdict = blame(refusal, remaining);
    const found =
      verdict.blame === 'requests' ? verdict.culprits : await eachOnTop(trial, remaining, assumed);
    culprits.push(...found);
    const guilty = new Set(found.map(({ request }) => request.uid));
    remaining = remaining.filter(({ uid }) => !guilty.has(uid));
  }
}

/**
 * 3. No line tells: each request is loaded on top of those that loaded before it, oldest first. Nothing is committed.
 * [later] halve the list by load and abort: this function is the seam.
 */
async function eachOnTop<R>(
  trial: Trial<R>,
  requests: readonly DueRequest[],
  assumed: Confirmed,
): Promise<Culprit[]> {
  const good: DueRequest[] = [];
  const culprits: Culprit[] = [];
  for (const request of requests) {
    // Those that were not tried stay in; the next round, or the next Job, finds them.
    if (!trial.hasTime()) break;
    const tried = await trial.prepare([...good, request], assumed);
    if ('ready' in tried) {
      await trial.abandon(tried.ready);
      good.push(request);
      continue;
    }
    culprits.push(guiltyOf(tried.refusal, request));
  }
  return culprits;
}

/** 4. The commit or what it showed was bad. Never halve live: each request is pushed alone, oldest first. */
async function pushAlone<R>(
  trial: Trial<R>,
  requests: readonly DueRequest[],
  assumed: Confirmed,
  culprits: Culprit[],
  failure: string,
  applied: boolean,
): Promise<Settled> {
  let outcome: Settled['outcome'] = 'rolled-back';
  let message = failure;
  let told: number | undefined;
  const single = requests.length === 1;
  for (const request of requests) {
    if (single) {
      // It was alone already: pushing it again would only repeat the failure.
      culprits.push({ request, reason: 'RolledBack', message: failure });
      break;
    }
    if (!trial.hasTime()) break;
    const tried = await trial.prepare([request], assumed);
    if ('refusal' in tried) {
      culprits.push(guiltyOf(tried.refusal, request));
      continue;
    }
    const more = request !== requests.at(-1);
    const pushed = await pushReady(trial, [request], assumed, tried.ready, culprits, more);
    if (pushed === 'again') continue;
    if (pushed.state === 'failed') {
      culprits.push({ request, reason: 'RolledBack', message: pushed.message });
      continue;
    }
    ({ outcome } = pushed);
    message = outcome;
    // A write that says that the Job goes on leaves it without a result: if none follows, it is still to be told.
    told = more ? undefined : culprits.length;
    applied = true;
  }
  if (outcome !== 'rolled-back' || !applied) return { outcome, message, culprits, told };

  // Nobody came through: what was released must go all the same.
  const empty = await trial.prepare([], assumed);
  if ('refusal' in empty) return platformRejected(empty.refusal, culprits);
  const pushed = await pushReady(trial, [], assumed, empty.ready, culprits);
  if (pushed === 'again') return { outcome, message, culprits, told };
  if (pushed.state === 'failed') return { outcome, message: pushed.message, culprits, told };
  return { outcome: pushed.outcome, message: pushed.outcome, culprits, told: culprits.length };
}

/** @returns `again` when a human's change in between made the candidate a refused one */
async function pushReady<R>(
  trial: Trial<R>,
  include: readonly DueRequest[],
  assumed: Confirmed,
  first: R,
  culprits: readonly Culprit[],
  more = false,
): Promise<Exclude<Pushed, { state: 'changed' }> | 'again'> {
  let ready = first;
  for (let tries = 1; ; tries += 1) {
    const pushed = await trial.push(ready, culprits, more);
    if (pushed.state !== 'changed') return pushed;
    if (tries === MAX_CHANGED)
      throw new PushEnded('busy', 'Somebody is changing the configuration of the switch');
    const again = await trial.prepare(include, assumed);
    if ('refusal' in again) return 'again';
    ({ ready } = again);
  }
}

function guiltyOf(refusal: Refusal, request: DueRequest): Culprit {
  const verdict = blame(refusal, [request]);
  if (verdict.blame === 'requests' && verdict.culprits[0] !== undefined) return verdict.culprits[0];
  const reason = refusal.stage === 'render' ? 'RenderFailed' : 'Rejected';
  return { request, reason, message: messages(refusal) };
}

/** What was wrong without the lines it was wrong with: they may be another tenant's. */
function messages(refusal: Refusal): string {
  if (refusal.stage === 'guard') return refusal.message;
  const all = refusal.stage === 'render' ? refusal.failures : refusal.problems;
  return [...new Set(all.map(({ message }) => redactLine(message)))].join('\n');
}

function platformRejected(refusal: Refusal, culprits: readonly Culprit[]): Settled {
  return { outcome: 'platform-rejected', message: words(refusal), culprits, told: undefined };
}
