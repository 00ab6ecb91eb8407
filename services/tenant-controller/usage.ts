import type { Device, TenantUsage } from '../../crds/types.gen.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { heldCounts } from '../../lib/ledger/usage.ts';

/** Index of Devices: by namespace of each tenant that holds ports there. */
export const BY_TENANT = 'tenant';

/** The namespaces that hold ports of a Device. */
export function tenantsOf(device: DeepReadonly<Device> | undefined): string[] {
  return device === undefined ? [] : [...heldCounts(device as Device).keys()];
}

/**
 * What a tenant holds.
 * @param devices on which it holds ports; others may be among them
 */
export function usage(
  namespace: string,
  devices: readonly DeepReadonly<Device>[],
  requests: number,
): TenantUsage {
  const held = devices
    .map((device) => heldCounts(device as Device).get(namespace) ?? 0)
    .filter((ports) => ports > 0);
  return { ports: held.reduce((sum, ports) => sum + ports, 0), devices: held.length, requests };
}
