import type { ClaimRecord, Device, Interface, Tenant } from '../../crds/types.gen.ts';
import { sameJson } from '../../lib/kube/same-json.ts';
import { acceptance } from '../../lib/ledger/accept.ts';
import { forbidden } from '../../lib/ledger/permit.ts';
import { firstPerPort } from '../../lib/ledger/refusal.ts';
import type { Refusal } from '../../lib/ledger/refusal.ts';
import { awaitedDevices, guard, isRebuilding, remainingDevices, unguard } from '../../lib/ledger/release.ts';
import { report } from '../../lib/ledger/report.ts';
import { isAccepted, isUnchanged, requestFacts } from '../../lib/ledger/request.ts';
import type { RequestFacts } from '../../lib/ledger/request.ts';
import { conflicts, hasReservation, isHeld, reserve } from '../../lib/ledger/reserve.ts';
import { resolution } from '../../lib/ledger/resolution.ts';
import { claimants, settle } from '../../lib/ledger/settle.ts';
import type { ResolvedRequest } from '../../lib/ports/resolve.ts';
import { Changed, current, inRounds } from './rounds.ts';
import { settleClaims } from './settle-claims.ts';
import type { Tenancy } from './tenancy.ts';
import type { InventoryFacts, RequestRef, World } from './world.ts';

export interface RequestOptions {
  /** The Interface as a cache showed it: saves the first GET; the second one proves it. */
  hint?: Interface | undefined;
  /** Devices where a cache shows claims of it. */
  suspects: readonly string[];
  hideOwners: boolean;
  tenancy: Tenancy;
  /**
   * What decides and was not heard of for so long that it may be out of date, in words; undefined: all was.
   * @param counting whether the ports of all ledgers are counted
   */
  outdated(counting: boolean): string | undefined;
  /**
   * Given where no other request of the namespace is claimed meanwhile: devices whose ledgers the cache may show too
   * old to count ports there.
   */
  unseen?(): readonly string[];
  /** Waits before round 1, 2, … */
  pause(round: number): Promise<void>;
}

/** The Interface after a reconcile, and as it was found; undefined when it is gone. */
export interface Reconciled {
  before: Interface;
  after: Interface;
  /** It waits for something that no event may announce: look again after so many milliseconds. */
  againAfter?: number;
}

/** Thrown before ports of a limited tenant are claimed side by side: only one after the other they can be counted. */
export class TurnNeeded extends Error {}

/** Costs nothing while the caches still show why it waits. */
const AGAIN_MS = 5000;

/**
 * Brings one request forward as far as it goes: ownership.md, steps 1 to 6.
 * Every write is conditional and stands for itself: it may stop after any of them and be run again, here or by
 * another replica.
 */
export async function reconcileRequest(
  world: World,
  ref: RequestRef,
  options: RequestOptions,
): Promise<Reconciled | undefined> {
  return inRounds(`${ref.namespace}/${ref.name}`, options.pause, (round) =>
    reconcileOnce(world, ref, options, round === 0 ? options.hint : undefined),
  );
}

async function reconcileOnce(
  world: World,
  ref: RequestRef,
  options: RequestOptions,
  hint: Interface | undefined,
): Promise<Reconciled | undefined> {
  const first = hint ?? (await world.getInterface(ref));
  if (first === undefined) return undefined;
  const request = await guarded(world, first);
  const look = await lookAround(world, request, options);
  if (look === undefined) return undefined;
  const facts = requestFacts(look.request);
  const step = facts.deleting ? release : isAccepted(facts) ? keep : claim;
  const after = await step(look);
  return { before: first, after, ...(look.again && { againAfter: AGAIN_MS }) };
}

/** Step 1. The finalizer is set before the first claim (R5). */
async function guarded(world: World, request: Interface): Promise<Interface> {
  const facts = requestFacts(request);
  if (facts.guarded || facts.deleting) return request;
  return current(await world.replaceInterface(guard(request)));
}

/** What a round has read, and what it has written since. */
interface Look {
  world: World;
  options: RequestOptions;
  /** As read before the devices. */
  first: Interface;
  /** As read after the devices, or written since. */
  request: Interface;
  /** Undefined: not found. */
  devices: Map<string, Device | undefined>;
  /** Other ledgers on which the tenant may hold ports, likewise. */
  others: ReadonlyMap<string, Device | undefined>;
  inventory: InventoryFacts | undefined;
  /** Its tenant, read where a cache shows one that may have to permit something. */
  tenant: { read: Tenant | undefined } | undefined;
  /** The request as it counts; undefined when it cannot be understood. */
  resolved: ResolvedRequest | undefined;
  /** Why it cannot be understood. Of no weight for what is accepted. */
  problems: readonly Refusal[];
  /** Why this generation is refused. */
  refusals: readonly Refusal[];
  /** Whether nothing may tell when it can go on. */
  again: boolean;
}

/** Step 2. Reads the devices, settles what stands in the way, and only then reads the Interface (R3). */
async function lookAround(
  world: World,
  first: Interface,
  options: RequestOptions,
): Promise<Look | undefined> {
  const facts = requestFacts(first);
  const { resolved, refusals: problems } = resolution(first);
  const listed = [...(resolved?.devices.keys() ?? [])];
  const names = [...new Set([...listed, ...facts.devices, ...options.suspects])].sort();
  const isUndecided = !facts.deleting && !isAccepted(facts);
  const isGoverned = isUndecided && options.tenancy.governs(facts.namespace);
  const unseen = isUndecided ? (options.unseen?.() ?? []).filter((name) => !names.includes(name)) : [];
  const [inventory, tenant, others, ...read] = await Promise.all([
    world.getInventory(names),
    isGoverned ? world.getTenant(facts.namespace).then((read) => ({ read })) : undefined,
    Promise.all(unseen.map(async (name) => [name, await world.getDevice(name)] as const)),
    ...names.map((name) => world.getDevice(name)),
  ]);
  const devices = new Map(names.map((name, index) => [name, read[index]]));
  if (isUndecided) {
    for (const [name, ports] of resolved?.devices ?? []) {
      const device = devices.get(name);
      if (device === undefined) continue;
      // A claim of a deleted request is no conflict: it is settled before we look whether it is one.
      const taken = conflicts(device, ports, facts.namespace).flatMap(({ port }) => port ?? []);
      devices.set(name, await settleClaims(world, device, claimants(device, taken)));
    }
  }
  const request = await world.getInterface({ namespace: facts.namespace, name: facts.name });
  if (request === undefined) return undefined;
  if (!isUnchanged(first, request)) throw new Changed();
  const found = { devices, others: new Map(others), inventory, tenant, resolved, problems };
  return { world, options, first, request, ...found, refusals: [], again: false };
}

/** Step 3 of a deleted request: R5. */
async function release(look: Look): Promise<Interface> {
  const { world, first, inventory } = look;
  await settleOwn(look);
  const facts = requestFacts(look.request);
  if (!facts.guarded) return look.request;
  const isKnown = (name: string): boolean => inventory === undefined || inventory.has(name);
  const awaited = awaitedDevices(facts, look.devices, isKnown);
  if (awaited.length > 0) return store(look, look.request.status?.claim);
  // R5: conditional on the GET that came before the reads of the devices.
  return current(await world.replaceInterface(unguard(first)));
}

/** Step 3 of an accepted one: settle, report, and forget devices that show nothing of it any more. */
async function keep(look: Look): Promise<Interface> {
  await settleOwn(look);
  const facts = requestFacts(look.request);
  const devices = remainingDevices(facts, look.devices);
  return store(look, { ...look.request.status?.claim, devices });
}

/** Steps 4 to 6. */
async function claim(look: Look): Promise<Interface> {
  const { resolved, inventory, devices, world } = look;
  const facts = requestFacts(look.request);
  if (resolved === undefined) return refuse(look, look.problems);
  if (inventory === undefined) return refuse(look, [], 'Waiting for the inventory');
  const { tenancy, unseen } = look.options;
  const isLimited = tenancy.isLimited(facts.namespace);
  if (isLimited && unseen === undefined) throw new TurnNeeded();
  const ledgers = new Map([...look.others, ...devices]);
  const ungranted = tenancy.denials(facts, resolved, ledgers, inventory);
  // S-57: who may have nothing, or not this port, is not told who has it.
  if (ungranted.some(({ reason }) => reason === 'TenantRequired')) return refuse(look, ungranted);
  const found = [
    ...forbidden(resolved, inventory),
    ...ungranted,
    ...[...resolved.devices].flatMap(([name, ports]) => {
      const device = devices.get(name);
      return device === undefined ? [] : conflicts(device, ports, facts.namespace);
    }),
  ];
  const refusals = firstPerPort(found);
  if (refusals.length > 0) return refuse(look, refusals);
  const outdated = outdatedFor(look, facts, isLimited);
  if (outdated !== undefined) return wait(look, outdated);
  if (isLimited && !tenancy.canCount(ledgers, inventory)) {
    return wait(look, `all ledgers: the ports of ${facts.namespace} cannot be counted before they are whole`);
  }
  // R10: while a ledger is incomplete it takes no new claims.
  const missing = [...resolved.devices].filter(([name]) => {
    const device = devices.get(name);
    return device === undefined || isRebuilding(device);
  });
  if (missing.length > 0) {
    return refuse(
      look,
      [],
      `Waiting for the ledger of ${missing.map(([, { written }]) => written).join(', ')}`,
    );
  }
  // Sorted, so that two requests meet on the first device they share.
  for (const name of [...resolved.devices.keys()].sort()) {
    const ports = resolved.devices.get(name);
    const device = devices.get(name);
    if (ports === undefined || device === undefined) throw new Changed();
    const reservation = reserve(device, ports, facts);
    if ('refusal' in reservation) return refuse(look, [reservation.refusal]);
    if ('write' in reservation) devices.set(name, current(await world.replaceDevice(reservation.write)));
  }
  for (const [name, ports] of resolved.devices) {
    if (!isHeld(devices.get(name), ports, facts)) throw new Changed();
  }
  // R4: this one write makes the generation count. What it returns was read after every reservation (R3).
  await store(look, acceptance(facts, resolved, devices, world.now()));
  return keep(look);
}

/**
 * Step 4: says why not, or what for it waits, and gives up what is reserved: with the next attempt in the same
 * write nothing can be accepted that rests on these reservations, and R3 removes them.
 */
async function refuse(look: Look, refusals: readonly Refusal[], waitingFor?: string): Promise<Interface> {
  const facts = requestFacts(look.request);
  const reserved = [...look.devices.values()].some((device) => hasReservation(device, facts));
  const record = look.request.status?.claim;
  look.refusals = refusals;
  await store(look, reserved ? { ...record, attempt: facts.attempt + 1 } : record, waitingFor);
  await settleOwn(look);
  return look.request;
}

/** As {@link refuse}, for something that no event may announce. */
async function wait(look: Look, waitingFor: string): Promise<Interface> {
  look.again = true;
  return refuse(look, [], `Waiting for ${waitingFor}`);
}

/** What could permit too much, in words: what was allowed once, and may have been taken back since. */
function outdatedFor(
  { tenant, options }: Look,
  { namespace }: RequestFacts,
  counting: boolean,
): string | undefined {
  const silent = options.outdated(counting);
  if (silent !== undefined) return silent;
  if (tenant === undefined || options.tenancy.isCurrent(namespace, tenant.read)) return undefined;
  return `the list of tenants: Tenant ${namespace} has changed`;
}

/** Settles the request's own claims on every device, one write each. */
async function settleOwn(look: Look): Promise<void> {
  const { namespace, uid } = requestFacts(look.request);
  await Promise.all(
    [...look.devices].map(async ([name, device]) => {
      const settled = device === undefined ? undefined : settle(device, { namespace, uid }, look.request);
      if (settled !== undefined) look.devices.set(name, current(await look.world.replaceDevice(settled)));
    }),
  );
}

/** What is in force though it is not granted any more; while the inventory is not known, what was said before. */
function overLimit({ options, request, devices, inventory }: Look): string | undefined {
  if (inventory !== undefined) return options.tenancy.overLimit(requestFacts(request), devices, inventory);
  return request.status?.conditions?.find(({ type }) => type === 'OverLimit')?.message;
}

/** Writes the status if it changes, conditional on the last read. */
async function store(look: Look, record: ClaimRecord | undefined, waitingFor?: string): Promise<Interface> {
  const { request, world } = look;
  const status = report({
    request,
    claim: record ?? {},
    resolved: look.resolved,
    refusals: look.refusals,
    ...(waitingFor === undefined ? {} : { waitingFor }),
    devices: look.devices,
    inventory: look.inventory,
    now: world.now(),
    hideOwners: look.options.hideOwners,
    overLimit: overLimit(look),
  });
  if (!sameJson(status, request.status)) {
    look.request = current(await world.replaceInterfaceStatus({ ...request, status }));
  }
  return look.request;
}
