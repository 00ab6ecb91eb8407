/** R2, as the referee understands it, on every version of every ledger. */
import type { Wish } from './plan.ts';
import type { LedgerVersion } from './views.ts';

/** One generation of a request that was seen stored. */
export interface KnownRequest {
  readonly namespace: string;
  readonly name: string;
  /** By generation. */
  readonly wishes: ReadonlyMap<number, Wish>;
}

/** What one write of a ledger did wrong, whoever made it. */
export function stepFaults(before: LedgerVersion | undefined, after: LedgerVersion): string[] {
  if (before === undefined || before.uid !== after.uid) return [];
  const faults: string[] = [];
  if (after.generation > before.generation + 1) {
    faults.push(
      `${after.device}: generations ${before.generation + 1} to ${after.generation - 1} were not seen`,
    );
  }
  for (const [port, { namespace }] of after.ports) {
    const held = before.ports.get(port);
    if (held === undefined || held.namespace === namespace) continue;
    faults.push(
      `${after.device} generation ${after.generation}: port ${port} went from ${held.namespace} to ${namespace} in one write`,
    );
  }
  return faults;
}

/**
 * Claims that are nobody's: each must be of a request of the port's namespace, and ask for what that generation of
 * the request asks for.
 * @param known by uid; undefined: never seen
 */
export function claimFaults(
  version: LedgerVersion,
  known: (uid: string) => KnownRequest | undefined,
): string[] {
  const faults: string[] = [];
  for (const [port, { namespace, claims }] of version.ports) {
    for (const claim of claims) {
      const wrong = claimFault(`${port}@${version.device}`, namespace, claim, known(claim.uid));
      if (wrong === undefined) continue;
      const who = `${claim.state} claim of ${namespace}/${claim.owner} (${claim.uid})`;
      faults.push(`${version.device} generation ${version.generation}: port ${port}: ${who}: ${wrong}`);
    }
  }
  return faults;
}

function claimFault(
  port: string,
  namespace: string,
  claim: { owner: string; generation: number; tag: string; vlan: number },
  request: KnownRequest | undefined,
): string | undefined {
  if (request === undefined) return 'no such request was ever stored';
  if (request.namespace !== namespace) return `the request is of ${request.namespace}`;
  if (request.name !== claim.owner) return `the request is called ${request.name}`;
  const wish = request.wishes.get(claim.generation);
  if (wish === undefined) return `generation ${claim.generation} was never stored`;
  if (!wish.ports.some((asked) => asked === port))
    return `generation ${claim.generation} does not ask for it`;
  if (wish.tag !== claim.tag || wish.vlan !== claim.vlan) {
    return `sets ${claim.tag}, VLAN ${claim.vlan}; generation ${claim.generation} asks for ${wish.tag}, VLAN ${wish.vlan}`;
  }
  return undefined;
}
