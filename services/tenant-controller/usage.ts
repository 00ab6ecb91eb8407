import type { Device, TenantUsage } from '../../crds/types.gen.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';

/** Index of Devices: by namespace of each tenant that holds ports there. */
export const BY_TENANT = 'tenant';

/** The namespaces that hold ports of a Device, whether active, reserved or shadowed (R2: one namespace per port). */
export function tenantsOf(device: DeepReadonly<Device> | undefined): string[] {
  const entries = Object.values(device?.spec ?? {});
  return [...new Set(entries.map(({ annotations }) => annotations.namespace))];
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
    .map(({ spec }) => Object.values(spec).filter(({ annotations }) => annotations.namespace === namespace))
    .filter((ports) => ports.length > 0);
  return { ports: held.reduce((sum, ports) => sum + ports.length, 0), devices: held.length, requests };
}
