import { TENANT_CONDITIONS } from '../../crds/reasons.ts';
import type { TenantCondition, TenantReason } from '../../crds/reasons.ts';
import type { Condition, Tenant, TenantStatus, TenantUsage } from '../../crds/types.gen.ts';
import { findCondition } from '../../lib/kube/conditions.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { cut, MAX_CONDITION_MESSAGE } from '../../lib/ledger/words.ts';
import { counted, type NamespaceState } from './namespace.ts';

/** A condition without its time. */
export interface Finding {
  readonly status: Condition['status'];
  readonly reason: TenantReason;
  readonly message: string;
}

export interface Findings {
  readonly namespace: NamespaceState;
  /** What a namespace that is being deleted waits for. */
  readonly awaited: string;
  /** Objects of somebody else that stand where the controller's should, such as `RoleBinding naas-editors`. */
  readonly taken: readonly string[];
  /** What is wrong with grants, each with its field. */
  readonly problems: readonly string[];
  readonly overLimit: Finding;
  readonly usage: TenantUsage;
}

/**
 * The status of a Tenant: the only place where it is made.
 * @param now RFC 3339
 */
export function tenantStatus(tenant: DeepReadonly<Tenant>, findings: Findings, now: string): TenantStatus {
  const { generation = 0 } = tenant.metadata;
  const ready = readyFinding(tenant, findings);
  const isOpen = ready.status !== 'True';
  const waits = ready.reason === 'NamespaceTerminating' || ready.reason === 'Pending';
  const found: Partial<Record<TenantCondition, Finding>> = {
    Ready: ready,
    OverLimit: findings.overLimit,
    // Never both: kstatus would call the Tenant in progress and failed.
    ...(isOpen && waits ? { Reconciling: { ...ready, status: 'True' } } : {}),
    ...(isOpen && !waits ? { Stalled: { ...ready, status: 'True' } } : {}),
  };
  return {
    observedGeneration: generation,
    usage: findings.usage,
    conditions: TENANT_CONDITIONS.flatMap((type): Condition[] => {
      const finding = found[type];
      if (finding === undefined) return [];
      const before = findCondition(tenant.status?.conditions, type);
      const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : now;
      const message = cut(finding.message, MAX_CONDITION_MESSAGE);
      return [{ type, ...finding, message, lastTransitionTime, observedGeneration: generation }];
    }),
  };
}

function readyFinding(tenant: DeepReadonly<Tenant>, findings: Findings): Finding {
  const { name } = tenant.metadata;
  const { namespace, awaited, taken, problems } = findings;
  const failed = (reason: TenantReason, message: string): Finding => ({ status: 'False', reason, message });
  switch (namespace) {
    case 'reserved':
      return failed(
        'NamespaceReserved',
        `Namespace ${name} is the system’s or the platform’s and cannot be a tenant’s: delete this Tenant`,
      );
    case 'terminating':
      return failed(
        'NamespaceTerminating',
        `Namespace ${name} is being deleted, and made anew when it is gone: ${awaited}`,
      );
    case 'missing':
      return { status: 'Unknown', reason: 'Pending', message: `Namespace ${name} is being made` };
    case 'there':
  }
  if (taken.length > 0) {
    return failed(
      'NameTaken',
      `${taken.join(', ')} in namespace ${name} was made by somebody else: rename or delete it`,
    );
  }
  if (problems.length > 0) return failed('InvalidGrant', problems.join('; '));
  const members = counted(tenant.spec.members?.length ?? 0, 'member');
  return { status: 'True', reason: 'Ready', message: `Namespace ${name} is set up for ${members}` };
}
