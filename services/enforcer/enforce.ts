import { dueRequests, hasReleases } from '../../lib/ledger/due.ts';
import type { DueRequest } from '../../lib/ledger/due.ts';
import type { PlatformProblem } from '../../lib/render/config-map.ts';
import { platformSet } from '../../lib/render/platform-set.ts';
import { adoption } from './adoption.ts';
import { words } from './blame.ts';
import { configHash } from './config-hash.ts';
import { DriverError } from './driver.ts';
import { checkDrift } from './drift-check.ts';
import type { Enforcing, Ground } from './ground.ts';
import { heldAfter } from './held.ts';
import type { Culprit } from './held.ts';
import { included } from './included.ts';
import type { Result } from './outcome.ts';
import { PushEnded, outcomeOf } from './outcome.ts';
import type { Push } from './pushing.ts';
import { redactText } from './redact.ts';
import { report } from './report.ts';
import { settle } from './rounds.ts';
import { trial } from './trial.ts';
import type { DeviceTrial } from './trial.ts';

/** Push steps 5 to 13: who comes in, whose switch it is, drift, then rounds until the switch shows what it takes. */
export async function enforce(enforcing: Enforcing): Promise<Result['outcome']> {
  const { pushing, facts, snapshot, running, fence } = enforcing;
  const { device, journal, clock } = pushing;
  const platform = platformSet(snapshot.models, snapshot.templates, device);
  const { uid, generation, tops } = snapshot.model;
  if ('problems' in platform) {
    // Without a set there is no digest: an empty one is other than any that will come.
    const tried = { uid, generation, platform: '' };
    return report(enforcing, {
      outcome: 'platform-rejected',
      message: problemWords(platform.problems),
      tried,
    });
  }
  const tried = { uid, generation, platform: platform.digest };
  const surroundings = {
    platform: platform.digest,
    serial: facts.serial,
    version: facts.version,
    now: clock.now(),
  };

  // 5. Who comes in.
  const due = dueRequests(tops, snapshot.device);
  const requests = included(due, snapshot.device.status?.held ?? [], surroundings, pushing.asked);
  journal.log.info(
    { step: 'include', due: due.length, included: requests.map(nameOf), tops: Object.keys(tops).length },
    `${requests.length} of ${due.length} due requests come in`,
  );

  // Whose switch?
  const applied = snapshot.device.status?.applied;
  const contact = adoption({
    adopt: device.adopt,
    applied,
    serial: facts.serial,
    configHash: configHash(running),
  });
  const adopted = contact.state === 'adopted';
  const ground: Ground = { ...enforcing, platform, surroundings, adopted, drifted: false, drift: undefined };
  if (contact.state === 'refused') {
    await showReview(trial(ground, false, running), requests, journal.log);
    return report(enforcing, { outcome: 'not-adopted', message: contact.message, tried });
  }

  const found = adopted
    ? { drifted: false, asked: false, drift: undefined }
    : await journal.step(
        'drift',
        () => checkDrift(ground, running),
        ({ message, drift }) => ({
          message,
          ...(typeof drift === 'object' ? { ports: drift.ports, lines: drift.lines } : {}),
        }),
      );
  const drift = found.drift === undefined ? {} : { drift: found.drift };
  if (found.drifted && device.mode === 'alert') {
    const changed = 'The running configuration was changed by somebody else, and the mode is alert';
    // Then it was a check, and has told what it found; else somebody waits for a push, and is told why it does not come.
    const nothingDue =
      requests.length === 0 && !hasReleases(snapshot.device) && applied?.platform === platform.digest;
    const result: Pick<Result, 'outcome' | 'message'> = nothingDue
      ? { outcome: 'unchanged', message: `${changed}: told, not mended` }
      : { outcome: 'busy', message: `${changed}: not pushed over` };
    return report(enforcing, { ...result, tried, ...drift });
  }

  // 6 to 13, in rounds.
  const known = { drifted: found.drifted, drift: found.drift === 'none' ? undefined : found.drift };
  const attempts = trial({ ...ground, ...known }, true, found.asked ? undefined : running);
  const culprits: Culprit[] = [];
  if (!attempts.hasTime()) throw new PushEnded('busy', 'The Job has to stop');
  const ownApplied = applied?.uid === fence.uid;
  try {
    const settled = await settle(
      requests,
      attempts,
      { known: ownApplied && fence.lease.handedOver, applied: ownApplied },
      culprits,
    );
    for (const culprit of culprits) logCulprit(pushing, culprit);
    if (settled.told === culprits.length) return settled.outcome;
    const held = heldAfter(attempts.device(), tops, culprits, surroundings);
    const done = settled.outcome === 'applied' || settled.outcome === 'unchanged';
    return report(enforcing, {
      outcome: settled.outcome,
      message: settled.message,
      tried,
      held,
      ...(done ? {} : drift),
    });
  } catch (error) {
    await attempts.clear();
    const end = endOf(error);
    if (end === undefined) throw error;
    for (const culprit of culprits) logCulprit(pushing, culprit);
    const held = heldAfter(attempts.device(), tops, culprits, surroundings);
    return report(enforcing, { outcome: end.outcome, message: end.message, tried, held, ...drift });
  }
}

function problemWords(problems: readonly PlatformProblem[]): string {
  return problems
    .map(({ source, template, line, message }) => {
      const where = [source, template, line === undefined ? undefined : `line ${line}`];
      const place = where.filter((part) => part !== undefined).join(', ');
      return place === '' ? message : `${place}: ${message}`;
    })
    .join('\n');
}

function endOf(error: unknown): PushEnded | undefined {
  if (error instanceof PushEnded) return error;
  if (!(error instanceof DriverError)) return undefined;
  return new PushEnded(outcomeOf(error.kind), error.message, { cause: error });
}

/** The difference that somebody must review before the switch is adopted, in the Job's log, secrets masked. */
async function showReview(
  review: DeviceTrial,
  requests: readonly DueRequest[],
  log: Push['journal']['log'],
): Promise<void> {
  const tried = await review.prepare(requests, {});
  if ('refusal' in tried) {
    log.warn(
      { step: 'review', problems: words(tried.refusal).split('\n') },
      'The candidate would be refused',
    );
    return;
  }
  log.info({ step: 'review', diff: redactText(tried.ready.diff).split('\n') }, 'What adoption would change');
  await review.abandon(tried.ready);
}

function logCulprit({ journal }: Push, { request, reason, message }: Culprit): void {
  journal.log.warn({ step: 'blame', request: nameOf(request), reason }, `${reason}: ${message}`);
}

function nameOf({ namespace, owner }: DueRequest): string {
  return `${namespace}/${owner}`;
}
