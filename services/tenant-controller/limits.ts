import { stringify } from 'yaml';
import { LIMITS_CONFIGMAP, LIMITS_KEY } from '../../crds/names.ts';
import type { Grant, Tenant, TenantUsage } from '../../crds/types.gen.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { keptMeta } from './keep.ts';

const HEAD = `# Written by the platform; a change here changes nothing. What is not granted is denied.
# Without maxPorts there is no limit.
`;

/**
 * What a tenant may ask for and what it holds, for its people to read: Tenants themselves are the administrator's, and
 * their status may name other tenants.
 */
export function wantedLimits(tenant: DeepReadonly<Tenant>, usage: TenantUsage): ConfigMap {
  const { maxPorts, grants = [] } = tenant.spec;
  const limits = {
    ...(maxPorts === undefined ? {} : { maxPorts }),
    usage,
    grants: grants.map(grantInOrder),
  };
  const text = `${HEAD}${stringify(limits, { lineWidth: 0, flowCollectionPadding: false })}`;
  return { metadata: keptMeta(tenant, LIMITS_CONFIGMAP), data: { [LIMITS_KEY]: text } };
}

/** The order of fields that somebody wrote is not kept: the same grants give the same text. */
function grantInOrder({ devices, groups, ports, vlans, trunk, shared }: DeepReadonly<Grant>): object {
  return {
    ...(devices === undefined ? {} : { devices }),
    ...(groups === undefined ? {} : { groups }),
    ports,
    vlans,
    ...(trunk === undefined ? {} : { trunk }),
    ...(shared === undefined ? {} : { shared }),
  };
}
