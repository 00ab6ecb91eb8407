import type { Held } from '../../crds/types.gen.ts';
import type { DueRequest } from '../../lib/ledger/due.ts';
import { compressPorts } from '../../lib/ports/range.ts';

/** What a hold depends on besides the request itself. */
export interface Surroundings {
  /** Digest of the platform's part. */
  platform: string;
  serial: string | undefined;
  version: string | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** A hold without `retryAt` ends after this. */
export const HOLD_MS = 3_600_000;

/**
 * The requests let in this time (push step 5): due and not held. The order, oldest first, stays.
 * [later] a request that spans devices comes in only when all of them are here or have confirmed it.
 * @param asked someone asked for this push by name: held requests get another try
 */
export function included(
  due: readonly DueRequest[],
  held: readonly Held[],
  surroundings: Surroundings,
  asked: boolean,
): DueRequest[] {
  if (asked) return [...due];
  return due.filter((request) => !held.some((hold) => keepsOut(hold, request, surroundings)));
}

/** Whether a hold still keeps the request out: nothing of what it rests on has changed. */
export function keepsOut(
  hold: Held,
  request: DueRequest,
  { platform, serial, version, now }: Surroundings,
): boolean {
  if (hold.uid !== request.uid || hold.generation !== request.generation) return false;
  if (hold.ports !== undefined && hold.ports !== compressPorts(request.ports)) return false;
  if (hold.platform !== undefined && hold.platform !== platform) return false;
  if (hold.serial !== undefined && serial !== undefined && hold.serial !== serial) return false;
  if (hold.version !== undefined && version !== undefined && hold.version !== version) return false;
  const until = hold.retryAt === undefined ? Date.parse(hold.since) + HOLD_MS : Date.parse(hold.retryAt);
  return now < until;
}
