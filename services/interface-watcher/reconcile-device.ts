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
import { Changed, current, inRounds } from './rounds.ts';
import { settleClaims } from './settle-claims.ts';
import type { DeviceWorld } from './world.ts';

export interface DeviceOptions {
  /** The platform's. */
  namespace: string;
  /** Whether a claim may need settling; a cache may answer, for only a GET decides. */
  suspects(claimed: Claimed): boolean;
  /** Waits before round 1, 2, … */
  pause(round: number): Promise<void>;
}

/**
 * Looks after one ledger: there is one for every device of the inventory, whole (R10), without garbage (R6),
 * and gone when its device is (R10, R13). `undefined` inventory: nothing is concluded from it.
 */
export async function reconcileDevice(
  world: DeviceWorld,
  name: string,
  options: DeviceOptions,
): Promise<void> {
  await inRounds(`Device ${name}`, options.pause, () => reconcileOnce(world, name, options));
}

async function reconcileOnce(world: DeviceWorld, name: string, options: DeviceOptions): Promise<void> {
  const inventory = await world.getInventory([name]);
  const known = inventory?.has(name) ?? false;
  let device = await world.getDevice(name);
  if (device === undefined) {
    if (!known) return;
    device = current(await world.createDevice(newDevice(name, options.namespace)));
  }
  if (known && !isKept(device) && device.metadata.deletionTimestamp === undefined) {
    device = current(await world.replaceDevice(kept(device)));
  }
  if (isRebuilding(device) && known) device = await rebuild(world, device);
  // R6: R3 over its claims. By uid, and decided by GETs that come after the read of the Device.
  device = await settleClaims(world, device, claimants(device).filter(options.suspects));
  if (inventory !== undefined && isDisposable(device, known)) await dispose(world, device);
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
    await world.deleteDevice(device);
    // Deleted or changed: either way it is to be read again.
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
