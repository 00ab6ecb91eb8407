import type { Device, Interface, Ledger } from '../../crds/types.gen.ts';
import { editClaims, portsOf } from './edit.ts';
import type { Claimant } from './edit.ts';
import type { ActiveClaim, OwnClaims, ReservedClaim } from './entry.ts';
import { ownClaims, parseEntry } from './entry.ts';
import { oncePerLedger } from './once.ts';
import type { RequestFacts } from './request.ts';
import { requestFacts } from './request.ts';

export type Verdict = 'remove' | 'activate' | 'keep';

/**
 * R3: what becomes of a claim. Nothing else removes or activates claims.
 * @param uid of the claim
 * @param request what a GET of the Interface the claim names showed, made after the Device was read
 */
export function verdict(
  uid: string,
  claim: ActiveClaim | ReservedClaim,
  request: RequestFacts | undefined,
): Verdict {
  if (request === undefined || request.uid !== uid || request.deleting) return 'remove';
  const accepted = request.accepted?.generation;
  if (accepted !== undefined && claim.generation < accepted) return 'remove';
  if (!('attempt' in claim)) return 'keep';
  if (claim.generation === accepted) return 'activate';
  if (claim.generation < request.generation || claim.attempt !== request.attempt) return 'remove';
  return 'keep';
}

/**
 * Settles the claims of one request on a Device.
 * @param device as read
 * @param request the Interface that the claims name, as a GET *after* that read showed it; undefined: not found
 * @returns the Device to write against the version read; undefined: nothing to settle
 */
export function settle(
  device: Device,
  claimant: Claimant,
  request: Interface | undefined,
): Device | undefined {
  const facts = request === undefined ? undefined : requestFacts(request);
  return editClaims(device, claimant, [], (_, own) => settleOwn(claimant.uid, own, facts));
}

/** The claims of one request on one port, settled. */
export function settleOwn(uid: string, own: OwnClaims, request: RequestFacts | undefined): OwnClaims {
  const kept = own.active.filter((claim) => verdict(uid, claim, request) === 'keep');
  const accepted = request?.accepted;
  const [activated] = own.reserved.filter((claim) => verdict(uid, claim, request) === 'activate');
  const reserved = own.reserved.filter((claim) => verdict(uid, claim, request) === 'keep');
  if (activated === undefined || accepted === undefined) return { active: kept, reserved };
  const { attempt: _, ...claim } = activated;
  // One active claim per request and port: the activated one replaces what is left of its generation.
  const others = kept.filter(({ generation }) => generation > activated.generation);
  return { active: [...others, { ...claim, timestamp: accepted.timestamp }], reserved };
}

/** A request with claims on a Device: where to look for the Interface that the claims name. */
export interface Claimed extends Claimant {
  owner: string;
}

/** The requests with claims on a Device, each once; with `ports`, only those with claims there. */
export function claimants(device: Pick<Device, 'spec'>, ports?: Iterable<string>): readonly Claimed[] {
  return ports === undefined ? allClaimants(device.spec) : claimantsOn(device.spec, ports);
}

const allClaimants = oncePerLedger((ledger) => claimantsOn(ledger, Object.keys(ledger)));

function claimantsOn(ledger: Ledger, ports: Iterable<string>): readonly Claimed[] {
  const found = new Map<string, Claimed>();
  for (const port of ports) {
    const entry = ledger[port];
    if (entry === undefined) continue;
    const { namespace, active, reserved } = parseEntry(port, entry);
    for (const { uid, owner } of [...active, ...reserved]) found.set(uid, { namespace, uid, owner });
  }
  return [...found.values()];
}

/** Whether R3 would change claims of the request. */
export function hasUnsettled(device: Device, uid: string, request: RequestFacts | undefined): boolean {
  return portsOf(device, uid).some((port) => {
    const entry = device.spec[port];
    if (entry === undefined) return false;
    const { active, reserved } = ownClaims(parseEntry(port, entry), uid);
    return [...active, ...reserved].some((claim) => verdict(uid, claim, request) !== 'keep');
  });
}
