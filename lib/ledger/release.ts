import { LEDGER_FINALIZER, REBUILDING_ANNOTATION, RELEASE_FINALIZER } from '../../crds/names.ts';
import type { Device, Interface } from '../../crds/types.gen.ts';
import { portsOf } from './edit.ts';
import { isLeaving } from './leaving.ts';
import type { RequestFacts } from './request.ts';

/** Whether the ledger of the Device is being rebuilt: nothing in it is complete (R10). */
export function isRebuilding(device: Pick<Device, 'metadata'>): boolean {
  return device.metadata.annotations?.[REBUILDING_ANNOTATION] !== undefined;
}

/**
 * Whether a Device shows that nothing of the request is left: no claim, and the switch confirmed that its
 * settings are gone. A missing Device and one being rebuilt show nothing.
 */
export function isReleased(device: Device | undefined, uid: string): boolean {
  if (device === undefined || isRebuilding(device)) return false;
  return portsOf(device, uid).length === 0 && !isLeaving(device, uid);
}

/**
 * R5: the devices that a deleted request still waits for.
 * @param devices as read after the Interface showed its deletion
 * @param isKnown whether the inventory has the device; out of the inventory counts as confirmed
 */
export function awaitedDevices(
  request: RequestFacts,
  devices: ReadonlyMap<string, Device | undefined>,
  isKnown: (device: string) => boolean,
): string[] {
  return request.devices.filter((name) => isKnown(name) && !isReleased(devices.get(name), request.uid));
}

/** The devices that stay in `claim.devices`: a 404 is never dropped, it is not a Device that shows anything. */
export function remainingDevices(
  request: RequestFacts,
  devices: ReadonlyMap<string, Device | undefined>,
): string[] {
  return request.devices.filter((name) => !isReleased(devices.get(name), request.uid));
}

/** The Interface with the finalizer, set before its first claim. */
export function guard(request: Interface): Interface {
  const finalizers = [...(request.metadata.finalizers ?? []), RELEASE_FINALIZER];
  return { ...request, metadata: { ...request.metadata, finalizers } };
}

/** The Interface without the finalizer. */
export function unguard(request: Interface): Interface {
  const finalizers = (request.metadata.finalizers ?? []).filter((name) => name !== RELEASE_FINALIZER);
  return { ...request, metadata: { ...request.metadata, finalizers } };
}

/** R10: whether a Device may go. It stays until it is out of the inventory and empty. */
export function isDisposable(device: Device, known: boolean): boolean {
  return !known && Object.keys(device.spec).length === 0;
}

/** Whether the Device carries the finalizer that keeps its ledger from being deleted. */
export function isKept(device: Device): boolean {
  return (device.metadata.finalizers ?? []).includes(LEDGER_FINALIZER);
}
