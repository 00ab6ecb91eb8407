import type { ApiCaller } from '../support/api-caller.ts';

/** Someone whose rights are looked at. */
export interface Subject {
  readonly title: string;
  readonly user: string;
  readonly groups: readonly string[];
  /** Where rights are looked at: what the column says, and the namespace; '' is the whole cluster. */
  readonly scopes: readonly (readonly [title: string, namespace: string])[];
}

/** What may be asked for: a kind, a part of it, or one object. */
export interface Target {
  readonly group: string;
  /** With subresource: `devices/status`. */
  readonly resource: string;
  readonly name: string;
}

/** Verbs by scope. */
export type Rights = ReadonlyMap<Target, readonly (readonly string[])[]>;

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
/** Verbs that make more of one's rights. */
const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  users: ['impersonate'],
  groups: ['impersonate'],
  serviceaccounts: ['impersonate'],
  clusterroles: ['bind', 'escalate'],
  roles: ['bind', 'escalate'],
};

/** Asked about whether a rule names them or not: what must not be given away unseen. */
const ALWAYS: readonly [group: string, resources: readonly string[]][] = [
  [
    '',
    ['secrets', 'configmaps', 'pods', 'pods/exec', 'pods/log', 'serviceaccounts', 'serviceaccounts/token'],
  ],
  ['', ['namespaces', 'nodes', 'users', 'groups']],
  ['apps', ['deployments']],
  ['batch', ['jobs', 'cronjobs']],
  ['rbac.authorization.k8s.io', ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']],
  ['admissionregistration.k8s.io', ['validatingadmissionpolicies', 'validatingadmissionpolicybindings']],
  ['admissionregistration.k8s.io', ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']],
  ['apiextensions.k8s.io', ['customresourcedefinitions']],
  ['authentication.k8s.io', ['tokenreviews']],
  ['authorization.k8s.io', ['subjectaccessreviews']],
  ['coordination.k8s.io', ['leases']],
  [
    'network.as.a.service',
    ['interfaces', 'interfaces/status', 'devices', 'devices/status', 'devices/configure'],
  ],
  ['network.as.a.service', ['tenants', 'tenants/status']],
];

const AT_ONCE = 16;

/** Asks the API server, as its administrator, whether somebody may do something. */
export async function may(
  admin: ApiCaller,
  { user, groups }: Pick<Subject, 'user' | 'groups'>,
  ask: { verb: string; namespace: string } & Target,
): Promise<boolean> {
  const [resource, subresource = ''] = ask.resource.split('/');
  const { status, body } = await admin('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, groups, resourceAttributes: { ...ask, resource, subresource } },
  });
  if (status !== 201) throw new Error(`SubjectAccessReview: ${body.message}`);
  return body.status.allowed === true;
}

/** Everything that any rule names for this subject, by its own review of the rules. */
export async function namedTargets(self: ApiCaller, { scopes }: Subject): Promise<Target[]> {
  const targets: Target[] = [];
  for (const namespace of new Set(scopes.map(([, name]) => name || 'default'))) {
    const { body } = await self('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    });
    if (body.status.incomplete) throw new Error(`rules in ${namespace}: ${body.status.evaluationError}`);
    for (const rule of body.status.resourceRules as Record<string, string[] | undefined>[])
      for (const group of rule['apiGroups'] ?? [])
        for (const resource of rule['resources'] ?? [])
          for (const name of rule['resourceNames'] ?? ['']) targets.push({ group, resource, name });
  }
  return targets;
}

/** One of each, sorted: those given and those always looked at. */
export function allTargets(named: readonly Target[]): Target[] {
  const always = ALWAYS.flatMap(([group, resources]) =>
    resources.map((resource) => ({ group, resource, name: '' })),
  );
  const general = named.map(({ group, resource }) => ({ group, resource, name: '' }));
  const byKey = new Map(
    [...always, ...general, ...named].map((target) => [
      `${target.group} ${target.resource} ${target.name}`,
      target,
    ]),
  );
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as Target);
}

/** Asks about every verb of every target in every scope; what is not allowed anywhere is left out. */
export async function rightsOf(
  admin: ApiCaller,
  subject: Subject,
  targets: readonly Target[],
): Promise<Rights> {
  const asks = targets.flatMap((target) =>
    [...VERBS, ...(SPECIAL[target.resource] ?? [])].map((verb) => ({
      target,
      verb,
      allowed: [] as boolean[],
    })),
  );
  const waiting = [...asks];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let ask = waiting.pop(); ask !== undefined; ask = waiting.pop()) {
        const { target, verb, allowed } = ask;
        for (const [, namespace] of subject.scopes)
          // What is not allowed in one namespace is not allowed in all: spares a third of the questions.
          allowed.push(
            (namespace !== '' || allowed.every(Boolean)) &&
              (await may(admin, subject, { ...target, verb, namespace })),
          );
      }
    }),
  );
  const rights = new Map<Target, string[][]>(targets.map((target) => [target, subject.scopes.map(() => [])]));
  for (const { target, verb, allowed } of asks)
    allowed.forEach((yes, scope) => yes && rights.get(target)?.[scope]?.push(verb));
  return new Map([...rights].filter(([, scopes]) => scopes.some((verbs) => verbs.length > 0)));
}

/** Rights that are the same in every scope. */
export function everywhere(rights: Rights): ReadonlyMap<Target, readonly string[]> {
  return new Map(
    [...rights].map(([target, [first = [], ...others]]) => [
      target,
      first.filter((verb) => others.every((verbs) => verbs.includes(verb))),
    ]),
  );
}

/**
 * Rows of a table; an object by name has one only for what is not allowed for all of its kind.
 * @param common is left out
 */
export function rowsOf(rights: Rights, common: ReadonlyMap<Target, readonly string[]>): string[] {
  const generalOf = ({ group, resource }: Target) =>
    [...rights].find(([one]) => one.group === group && one.resource === resource && one.name === '')?.[1];
  return [...rights].flatMap(([target, scopes]) => {
    const general = target.name === '' ? undefined : generalOf(target);
    const cells = scopes.map((verbs, scope) =>
      verbs
        .filter((verb) => !general?.[scope]?.includes(verb) && !common.get(target)?.includes(verb))
        .join(' '),
    );
    if (cells.every((cell) => cell === '')) return [];
    const kind = target.group === '' ? target.resource : `${target.resource}.${target.group}`;
    const name = target.name === '' ? '' : ` \`${target.name}\``;
    return [`| ${kind}${name} | ${cells.map((cell) => cell || '–').join(' | ')} |`];
  });
}
