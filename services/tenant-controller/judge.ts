import type { Tenant, TenantUsage } from '../../crds/types.gen.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { counted } from './namespace.ts';
import type { Finding } from './status.ts';

/** What is to be said of a Tenant's grants, and of what it holds. */
export interface Judgement {
  readonly problems: readonly string[];
  readonly overLimit: Finding;
}
export type Judge = (tenant: DeepReadonly<Tenant>, used: TenantUsage) => Judgement;

/** Compares what a tenant holds with what it may hold. */
export const judge: Judge = ({ spec }, { ports }) => {
  const { maxPorts } = spec;
  if (maxPorts === undefined || ports <= maxPorts) {
    const limit = maxPorts === undefined ? '' : ` of ${maxPorts}`;
    const message = `Holds ${ports}${limit} ports`;
    return { problems: [], overLimit: { status: 'False', reason: 'WithinLimits', message } };
  }
  const message = `Holds ${counted(ports, 'port')}, its limit is ${maxPorts}: ${ports - maxPorts} too many`;
  return { problems: [], overLimit: { status: 'True', reason: 'PortLimitExceeded', message } };
};
