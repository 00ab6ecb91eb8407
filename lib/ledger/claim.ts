import type { ConfirmedClaim, PortEntry } from '../../crds/types.gen.ts';
import { sameSettings, settingsOf } from '../ports/settings.ts';
import type { Settings } from '../ports/settings.ts';

/** Who claims a port, and for which version of the request. */
export interface ClaimIdentity {
  /** Name of the request. */
  owner: string;
  /** Uid of the request: names may be used again, uids never (S-24). */
  uid: string;
  /** Generation of the request. */
  generation: number;
}

/** What a port is to be set to, with its owner. */
export interface OwnedSettings extends Settings, ClaimIdentity {
  namespace: string;
}

/** The claim that is rendered: the active claim with the newest timestamp. */
export interface TopClaim extends OwnedSettings {
  /** RFC 3339 with milliseconds: the moment of acceptance, the same on all devices. */
  timestamp: string;
  /** Generation of the Device at which the write was made that put this claim on top. */
  since: number;
}

/** The top claim of a port entry; undefined where the port is only reserved. */
export function topClaim(entry: PortEntry): TopClaim | undefined {
  const { vlan, trunk, shutdown, stp, description, vlans, nativeVlan } = entry;
  const { namespace, owner, uid, generation, timestamp, since } = entry.annotations;
  if (vlan === undefined || trunk === undefined || shutdown === undefined) return undefined;
  if (stp === undefined || description === undefined) return undefined;
  if (owner === undefined || uid === undefined || generation === undefined) return undefined;
  if (timestamp === undefined || since === undefined) return undefined;
  return {
    ...settingsOf({ vlan, trunk, shutdown, stp, description, vlans, nativeVlan }),
    namespace,
    owner,
    uid,
    generation,
    timestamp,
    since,
  };
}

/** Whether the request has a claim on the port that counts, on top or shadowed. Reserved ones do not. */
export function hasActiveClaim(entry: PortEntry | undefined, uid: string): boolean {
  if (entry === undefined) return false;
  if (entry.annotations.uid === uid) return true;
  return (entry.others ?? []).some((claim) => claim.uid === uid && claim.timestamp !== undefined);
}

/**
 * Whether two claims ask for the same settings in the name of the same generation of the same request.
 * Timestamp and `since` do not count: they do not reach the switch.
 */
export function sameClaim(a: OwnedSettings | ConfirmedClaim, b: OwnedSettings | ConfirmedClaim): boolean {
  return (
    a.namespace === b.namespace &&
    a.owner === b.owner &&
    a.uid === b.uid &&
    a.generation === b.generation &&
    sameSettings(a, b)
  );
}

/** The claim as `Device.status.confirmed` stores it. */
export function toConfirmed(top: TopClaim): ConfirmedClaim {
  const { namespace, owner, uid, generation, timestamp } = top;
  return { ...settingsOf(top), namespace, owner, uid, generation, timestamp };
}
