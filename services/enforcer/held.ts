import type { Device, Held, Ledger } from '../../crds/types.gen.ts';
import { dueRequests } from '../../lib/ledger/due.ts';
import type { DueRequest } from '../../lib/ledger/due.ts';
import { compressPorts } from '../../lib/ports/range.ts';
import { HOLD_MS } from './included.ts';
import type { Surroundings } from './included.ts';
import { printable } from './redact.ts';

/** A request that is to blame, and the words for its owner. */
export interface Culprit {
  request: DueRequest;
  reason: Held['reason'];
  message: string;
}

/** A commit that was rolled back may have had a passing cause: tried again after these, then by the hour. */
const ROLLED_BACK_MS = [30_000, 120_000];

/** The list of holds that fits what a Device shows. @param tops the model's top claims */
export function heldAfter(
  device: Device,
  tops: Ledger,
  culprits: readonly Culprit[],
  surroundings: Surroundings,
): Held[] {
  return nextHeld(device.status?.held ?? [], dueRequests(tops, device), culprits, surroundings);
}

/**
 * The list of held requests after a push.
 * @param before the list as it was
 * @param due what is still due, so that holds of requests that are gone or shown fall away
 * @param culprits who was found guilty this time
 */
export function nextHeld(
  before: readonly Held[],
  due: readonly DueRequest[],
  culprits: readonly Culprit[],
  surroundings: Surroundings,
): Held[] {
  const guilty = new Set(culprits.map(({ request }) => request.uid));
  const stays = before.filter(
    (hold) =>
      !guilty.has(hold.uid) &&
      due.some(({ uid, generation }) => uid === hold.uid && generation === hold.generation),
  );
  return [...stays, ...culprits.map((culprit) => hold(before, culprit, surroundings))];
}

function hold(
  before: readonly Held[],
  culprit: Culprit,
  { platform, serial, version, now }: Surroundings,
): Held {
  const { request, reason, message } = culprit;
  const known = before.find(
    ({ uid, generation }) => uid === request.uid && generation === request.generation,
  );
  const tries = known?.reason === reason ? known.tries + 1 : 1;
  const wait = (reason === 'RolledBack' ? ROLLED_BACK_MS[tries - 1] : undefined) ?? HOLD_MS;
  return {
    uid: request.uid,
    generation: request.generation,
    ports: compressPorts(request.ports).slice(0, 8192),
    reason,
    message: printable(message, 512),
    tries,
    platform,
    ...(serial === undefined ? {} : { serial }),
    ...(version === undefined ? {} : { version }),
    since: known?.since ?? new Date(now).toISOString(),
    retryAt: new Date(now + wait).toISOString(),
  };
}
