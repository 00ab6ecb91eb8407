import type { Device, Interface } from '../../crds/types.gen.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import type { Claimed } from '../../lib/ledger/settle.ts';
import { claimants } from '../../lib/ledger/settle.ts';
import { canonicalDevice } from '../../lib/ports/port.ts';
import { shared } from '../../lib/kube/store.ts';

/** Index of Interfaces: by device, canonical, that it lists or may still have claims on. */
export const BY_DEVICE = 'device';
/** Index of Devices: by uid of each request with a claim there. */
export const BY_CLAIM = 'claim';

/** Devices whose changes matter to a request, whether it waits for them, holds ports there or leaves them. */
export function devicesOf(request: DeepReadonly<Interface>): string[] {
  const listed = request.spec.services.map(({ devicename }) => canonicalDevice(devicename));
  return [...new Set([...listed, ...(request.status?.claim?.devices ?? [])])];
}

/** Uids of the requests with claims on a Device. */
export function claimsOf(device: DeepReadonly<Device>): string[] {
  return claimantsOf(device).map(({ uid }) => uid);
}

/** The requests with claims on a Device. */
export function claimantsOf(device: DeepReadonly<Device> | undefined): readonly Claimed[] {
  const read = shared<Device>(device);
  return read === undefined ? [] : claimants(read);
}
