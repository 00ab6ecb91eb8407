import { makeAuthority, makeLeaf } from './authority.ts';
import type { Validity } from './authority.ts';
import { isSignedBy, namesOf, servesName, validityOf } from './certificate-set.ts';
import type { CertificateSet } from './certificate-set.ts';

/** Times in ms. */
export interface Lifetimes {
  authority: number;
  leaf: number;
  /** The next authority is made this long before the present one ends. */
  authorityAhead: number;
  /** A leaf is replaced this long before it ends. */
  leafAhead: number;
  /** The next authority is trusted this long before it signs. */
  overlap: number;
  /** Certificates are valid from this long before they are made: clocks differ. */
  backdate: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const LIFETIMES: Lifetimes = {
  authority: 365 * DAY,
  leaf: 7 * DAY,
  authorityAhead: 90 * DAY,
  leafAhead: 3.5 * DAY,
  overlap: DAY,
  backdate: HOUR,
};

export type Step = 'create' | 'prepare-authority' | 'promote-authority' | 'renew-leaf' | 'drop-authority';

/** More authorities than this are never trusted at once. */
const MAX_TRUSTED = 8;

/**
 * What has to be done now, one step at a time; pure.
 *
 * ```
 * authority A  |── signs ───────────────────────────|
 * authority B              made, trusted |── signs ──────────…     A stays trusted until it ends
 * caBundle     |    A      |        A + B                 |  B
 * ```
 * @param published whether the API server has been told to trust an authority: only then may it sign
 */
export function nextStep(
  set: CertificateSet | undefined,
  names: readonly string[],
  now: number,
  published: (authority: string) => boolean,
  lifetimes: Lifetimes = LIFETIMES,
): Step | undefined {
  if (set === undefined || validityOf(set.authority.cert).to <= now) return 'create';
  if (set.next === undefined) {
    if (validityOf(set.authority.cert).to - now < lifetimes.authorityAhead) return 'prepare-authority';
  } else {
    const made = validityOf(set.next.cert).from + lifetimes.backdate;
    if (now - made >= lifetimes.overlap && published(set.next.cert)) return 'promote-authority';
  }
  const leaf = validityOf(set.leaf.cert);
  const current =
    leaf.to - now >= lifetimes.leafAhead &&
    names.every((name) => servesName(set.leaf.cert, name)) &&
    isSignedBy(set.leaf.cert, set.authority.cert);
  if (!current) return 'renew-leaf';
  return superfluous(set, now).length > 0 ? 'drop-authority' : undefined;
}

/** Takes one step. The set given is not changed. */
export async function takeStep(
  step: Step,
  set: CertificateSet | undefined,
  names: readonly string[],
  now: number,
  lifetimes: Lifetimes = LIFETIMES,
): Promise<CertificateSet> {
  const lasting = (lifetime: number): Validity => ({ from: now - lifetimes.backdate, to: now + lifetime });
  if (step === 'create' || set === undefined) {
    const authority = await makeAuthority(lasting(lifetimes.authority));
    const leaf = await makeLeaf(authority, names, lasting(lifetimes.leaf));
    return { authority, leaf, trusted: [authority.cert] };
  }
  // Names of other replicas stay: replicas that disagree would else replace each other's leaf for ever.
  const allNames = [...new Set([...names, ...namesOf(set.leaf.cert)])].slice(0, 32);
  if (step === 'prepare-authority') {
    const next = await makeAuthority(lasting(lifetimes.authority));
    return { ...set, next, trusted: [...set.trusted, next.cert] };
  }
  if (step === 'promote-authority') {
    const { next: authority, ...rest } = set;
    if (authority === undefined) return set;
    return { ...rest, authority, leaf: await makeLeaf(authority, allNames, lasting(lifetimes.leaf)) };
  }
  if (step === 'renew-leaf') {
    return { ...set, leaf: await makeLeaf(set.authority, allNames, lasting(lifetimes.leaf)) };
  }
  const dropped = new Set(superfluous(set, now));
  return { ...set, trusted: set.trusted.filter((cert) => !dropped.has(cert)) };
}

function superfluous(set: CertificateSet, now: number): string[] {
  const needed = new Set([set.authority.cert, set.next?.cert]);
  const others = set.trusted.filter((cert) => !needed.has(cert));
  const tooMany = others.slice(0, Math.max(0, set.trusted.length - MAX_TRUSTED));
  return others.filter((cert) => tooMany.includes(cert) || validityOf(cert).to <= now);
}
