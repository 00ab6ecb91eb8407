import type { Device, Interface } from '../../crds/types.gen.ts';
import { LEDGER_FINALIZER } from '../../crds/names.ts';
import { withLeaving } from '../../lib/ledger/edit.ts';
import { readLeaving } from '../../lib/ledger/leaving.ts';
import {
  isPendingOn,
  newDevice,
  rebuildPlan,
  restore,
  withNextAttempt,
  withoutMark,
} from '../../lib/ledger/rebuild.ts';
import { isDisposable, isKept, isRebuilding } from '../../lib/ledger/release.ts';
import { requestFacts } from '../../lib/ledger/request.ts';
import type { Claimed } from '../../lib/ledger/settle.ts';
import { claimants, settle } from '../../lib/ledger/settle.ts';
import type { DeviceWorld } from './world.ts';

/** Something changed before a write: nothing found so far counts. */
class Changed extends Error {}

export interface DeviceOptions {
  /** Whether a claim may need settling; a cache may answer, for only a GET decides. */
  suspects(claimed: Claimed): boolean;
  /** Waits before round 1, 2, … */
  pause(round: number): Promise<void>;
}

const ROUNDS = 8;

/**
 * Looks after one ledger: there is one for every device of the inventory, whole (R10), without garbage (R6),
 * and gone when its device is (R10, R13). `undefined` inventory: nothing is concluded from it.
 */
export async function reconcileDevice(
  world: DeviceWorld,
  name: string,
  options: DeviceOptions,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await options.pause(round);
    try {
      return await reconcileOnce(world, name, options);
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
    }
  }
  throw new Error(`Device ${name}: changed ${ROUNDS} times while it was reconciled`);
}

async function reconcileOnce(world: DeviceWorld, name: string, options: DeviceOptions): Promise<void> {
  const inventory = await world.getInventory([name]);
  const known = inventory?.has(name) ?? false;
  let device = await world.getDevice(name);
  if (device === undefined) {
    if (!known) return;
    device = current(await world.createDevice(newDevice(name)));
  }
  if (known && !isKept(device) && device.metadata.deletionTimestamp === undefined) {
    device = current(await world.replaceDevice(kept(device)));
  }
  if (isRebuilding(device) && known) device = await rebuild(world, device);
  device = await collect(world, device, options);
  if (inventory !== undefined && isDisposable(device, known)) await dispose(world, device);
}

/** R6: R3 over the claims of a Device. By uid, and decided by GETs that come after the read of the Device. */
async function collect(world: DeviceWorld, device: Device, options: DeviceOptions): Promise<Device> {
  let latest = device;
  const suspects = claimants(device).filter((claimed) => options.suspects(claimed));
  const holders = await Promise.all(suspects.map((claimed) => world.getInterface(nameOf(claimed))));
  for (const [index, claimed] of suspects.entries()) {
    // Read after `device`, so good for it; after a write of ours it is read again (R3).
    const holder = latest === device ? holders[index] : await world.getInterface(nameOf(claimed));
    const settled = settle(latest, claimed, holder);
    if (settled !== undefined) latest = current(await world.replaceDevice(settled));
  }
  return latest;
}

/** R10. It may stop anywhere and be run again: the mark stays until all is done. */
async function rebuild(world: DeviceWorld, marked: Device): Promise<Device> {
  const { name } = marked.metadata;
  for (const request of await world.listInterfaces()) await dropReservations(world, request, name);
  // From here on nothing can be accepted that rests on the lost ledger, and nothing new is reserved on this one.
  const model = await world.getModel(name);
  const plan = rebuildPlan(name, await world.listInterfaces(), model);
  let device = marked;
  const leaving = readLeaving(device);
  if (plan.leaving.some((uid) => leaving[uid] === undefined)) {
    device = current(await world.replaceDevice(withLeaving(device, plan.leaving)));
  }
  for (const lost of plan.claims) {
    const restored = restore(device, lost);
    if (restored !== undefined) device = current(await world.replaceDevice(restored));
    const { namespace, uid, name: owner } = requestFacts(lost.request);
    // Settled one by one: reserved claims are others, of which a port has room for few.
    const settled = settle(device, { namespace, uid }, await world.getInterface({ namespace, name: owner }));
    if (settled !== undefined) device = current(await world.replaceDevice(settled));
  }
  for (const { request, message } of plan.alerts) world.alert(request, message);
  return current(await world.replaceDevice(withoutMark(device)));
}

/** An accept that rests on reservations of the lost Device fails: its Interface has changed. */
async function dropReservations(world: DeviceWorld, listed: Interface, device: string): Promise<void> {
  let request: Interface | undefined = listed;
  while (request !== undefined && isPendingOn(request, device)) {
    const written = await world.replaceInterfaceStatus(withNextAttempt(request));
    if (written !== undefined) return;
    const { namespace, name } = requestFacts(request);
    request = await world.getInterface({ namespace, name });
  }
}

/** The deletion is asked for first: it takes effect only when the finalizer goes, conditional on an empty ledger. */
async function dispose(world: DeviceWorld, device: Device): Promise<void> {
  if (device.metadata.deletionTimestamp === undefined) {
    if (!(await world.deleteDevice(device))) throw new Changed();
    throw new Changed();
  }
  const finalizers = (device.metadata.finalizers ?? []).filter((finalizer) => finalizer !== LEDGER_FINALIZER);
  if (!isKept(device)) return;
  current(await world.replaceDevice({ ...device, metadata: { ...device.metadata, finalizers } }));
}

function kept(device: Device): Device {
  const finalizers = [...(device.metadata.finalizers ?? []), LEDGER_FINALIZER];
  return { ...device, metadata: { ...device.metadata, finalizers } };
}

function nameOf(claimed: Claimed): { namespace: string; name: string } {
  return { namespace: claimed.namespace, name: claimed.owner };
}

function current<T>(written: T | undefined): T {
  if (written === undefined) throw new Changed();
  return written;
}
