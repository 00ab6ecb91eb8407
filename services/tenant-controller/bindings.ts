import { EDITOR_ROLE, VIEWER_ROLE } from '../../crds/names.ts';
import type { Member, Tenant } from '../../crds/types.gen.ts';
import type { RoleBinding } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { keptMeta } from './keep.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** The bindings in a tenant's namespace. The controller's rights are for these names and roles alone (rbac.yaml). */
export const BINDINGS = [
  { name: 'naas-editors', members: 'Editor', role: EDITOR_ROLE },
  { name: 'naas-viewers', members: 'Viewer', role: VIEWER_ROLE },
] as const;
export type Binding = (typeof BINDINGS)[number];

/** A binding as it should be; undefined where nobody has its role. */
export function wantedBinding(tenant: DeepReadonly<Tenant>, binding: Binding): RoleBinding | undefined {
  const subjects = (tenant.spec.members ?? [])
    .filter((member) => member.role === binding.members && !isOfTheSystem(member))
    .map(({ kind, name }) => ({ apiGroup: RBAC, kind, name }))
    .sort((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1));
  if (subjects.length === 0) return undefined;
  return {
    metadata: keptMeta(tenant, binding.name),
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: binding.role },
    subjects,
  };
}

/** S-59: the schema refuses such names; a Tenant that came past it still binds no group like `system:authenticated`. */
function isOfTheSystem({ name }: DeepReadonly<Member>): boolean {
  return name.startsWith('system:');
}
