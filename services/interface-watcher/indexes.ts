import type { Device, Interface } from '../../crds/types.gen.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import type { Claimed } from '../../lib/ledger/settle.ts';
import { claimants } from '../../lib/ledger/settle.ts';
import { heldCounts } from '../../lib/ledger/usage.ts';
import { canonicalDevice } from '../../lib/ports/port.ts';
import { shared } from '../../lib/kube/store.ts';

/** Index of Interfaces: by device, canonical, that it lists or may still have claims on. */
export const BY_DEVICE = 'device';
/** Index of Devices: by uid of each request with a claim there. */
export const BY_CLAIM = 'claim';

/** Index of Devices: by namespace that holds ports there. */
export const BY_HOLDER = 'holder';
/** Index of Interfaces: by namespace. */
export const BY_NAMESPACE = 'namespace';
/** Index of Interfaces: by namespace, those that wait for the tenant to hold fewer ports. */
export const BY_LIMIT = 'limit';

export function holdersOf(device: DeepReadonly<Device>): string[] {
  return [...heldPorts(device).keys()];
}

/** By namespace: how many ports of the switch it holds. */
export function heldPorts(device: DeepReadonly<Device> | undefined): ReadonlyMap<string, number> {
  const read = shared<Device>(device);
  return read === undefined ? new Map() : heldCounts(read);
}

export function namespaceOf({ metadata }: DeepReadonly<Interface>): string[] {
  return [metadata.namespace ?? ''];
}

export function limitedNamespaceOf({ metadata, status }: DeepReadonly<Interface>): string[] {
  const accepted = status?.conditions?.find(({ type }) => type === 'Accepted');
  return accepted?.reason === 'PortLimitExceeded' ? [metadata.namespace ?? ''] : [];
}

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
