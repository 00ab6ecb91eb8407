import type { OtherClaim, PortEntry } from '../../crds/types.gen.ts';
import type { Settings } from '../ports/settings.ts';
import type { ClaimIdentity } from './claim.ts';
import { settingsOf } from '../ports/settings.ts';
import { topClaim } from './claim.ts';

/** A claim that holds its port but is never rendered: its request is not accepted yet. */
export interface ReservedClaim extends Settings, ClaimIdentity {
  /** The request's attempt in which it was made. */
  attempt: number;
}

/** A claim of an accepted generation: on top, or shadowed by a newer one of the same tenant. */
export interface ActiveClaim extends Settings, ClaimIdentity {
  /** RFC 3339 with milliseconds: the moment of acceptance. */
  timestamp: string;
}

/** All claims on one port. R2: they are all of one namespace. */
export interface PortClaims {
  namespace: string;
  /** The top claim first. */
  active: readonly ActiveClaim[];
  reserved: readonly ReservedClaim[];
  /** Generation of the Device at which the top claim came to the top; absent without one. */
  since?: number;
}

/** The claims of one request on one port. */
export interface OwnClaims {
  active: readonly ActiveClaim[];
  reserved: readonly ReservedClaim[];
}

/**
 * Reads a port entry.
 * @throws Error on an entry that the CRD would not admit: it must not be taken for a free port
 */
export function parseEntry(port: string, entry: PortEntry): PortClaims {
  const active: ActiveClaim[] = [];
  const reserved: ReservedClaim[] = [];
  const top = topClaim(entry);
  if (top === undefined && entry.annotations.owner !== undefined) {
    throw new Error(`port ${port}: the top claim is incomplete; correct the Device`);
  }
  if (top !== undefined) active.push(activeClaim(top, top.timestamp));
  for (const other of entry.others ?? []) {
    if (other.timestamp !== undefined) active.push(activeClaim(other, other.timestamp));
    else if (other.attempt !== undefined) reserved.push(reservedClaim(other, other.attempt));
    else throw new Error(`port ${port}: the claim of ${other.owner} has neither attempt nor timestamp`);
  }
  return {
    namespace: entry.annotations.namespace,
    active: active.sort(byPrecedence),
    reserved,
    ...(top === undefined ? {} : { since: top.since }),
  };
}

/** Writes claims in the shape of the seed system. Undefined: nothing claims the port, its entry goes. */
export function printEntry(claims: PortClaims): PortEntry | undefined {
  const [top, ...shadowed] = [...claims.active].sort(byPrecedence);
  const others: OtherClaim[] = [
    ...shadowed.map((claim) => ({ ...activeClaim(claim, claim.timestamp) })),
    ...[...claims.reserved].sort(byUid).map((claim) => ({ ...reservedClaim(claim, claim.attempt) })),
  ];
  if (top === undefined && others.length === 0) return undefined;
  const { namespace } = claims;
  if (top === undefined) return { annotations: { namespace }, others };
  const { owner, uid, generation, timestamp } = top;
  const annotations = { namespace, owner, uid, generation, timestamp, since: claims.since ?? 0 };
  return { ...settingsOf(top), annotations, ...(others.length === 0 ? {} : { others }) };
}

/**
 * The port with the claims of one request exchanged; what others claim stays as it is (R2).
 * @param generation of the Device that was read: `since` of a claim that comes to the top
 */
export function withOwnClaims(
  claims: PortClaims,
  uid: string,
  own: OwnClaims,
  generation: number,
): PortClaims {
  const active = [...claims.active.filter((claim) => claim.uid !== uid), ...own.active].sort(byPrecedence);
  const reserved = [...claims.reserved.filter((claim) => claim.uid !== uid), ...own.reserved];
  const [before] = claims.active;
  const [after] = active;
  if (after === undefined) return { namespace: claims.namespace, active, reserved };
  const stays =
    before !== undefined &&
    before.uid === after.uid &&
    before.generation === after.generation &&
    before.timestamp === after.timestamp;
  const since = stays && claims.since !== undefined ? claims.since : generation;
  return { namespace: claims.namespace, active, reserved, since };
}

/** The claims of one request on a port. */
export function ownClaims(claims: PortClaims | undefined, uid: string): OwnClaims {
  return {
    active: (claims?.active ?? []).filter((claim) => claim.uid === uid),
    reserved: (claims?.reserved ?? []).filter((claim) => claim.uid === uid),
  };
}

/** Newest timestamp first, then the greater uid: the first is on top. */
function byPrecedence(a: ActiveClaim, b: ActiveClaim): number {
  return Date.parse(b.timestamp) - Date.parse(a.timestamp) || (a.uid > b.uid ? -1 : a.uid < b.uid ? 1 : 0);
}

function byUid(a: ClaimIdentity, b: ClaimIdentity): number {
  return a.uid < b.uid ? -1 : a.uid > b.uid ? 1 : 0;
}

function activeClaim(claim: Settings & ClaimIdentity, timestamp: string): ActiveClaim {
  const { owner, uid, generation } = claim;
  return { ...settingsOf(claim), owner, uid, generation, timestamp };
}

function reservedClaim(claim: Settings & ClaimIdentity, attempt: number): ReservedClaim {
  const { owner, uid, generation } = claim;
  return { ...settingsOf(claim), owner, uid, generation, attempt };
}
