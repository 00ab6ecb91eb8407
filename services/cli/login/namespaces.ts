/**
 * Which namespaces may be a person's. Nobody but an administrator may list namespaces, so names are guessed from what
 * is known, and the API server is asked about each (SelfSubjectAccessReview). Pure.
 */

/** What a namespace may be called (RFC 1123 label). */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Not to flood the API server with questions. */
const MOST = 60;
/** Namespaces of the cluster itself, to which administrators have access, and no tenant. */
const NOT_TENANTS = /^(default|naas-system|kube-.*)$/;

export interface Hints {
  /** Named by the person: come first, whatever they are called. */
  readonly named: readonly string[];
  /** Of contexts for the same cluster. */
  readonly contexts: readonly string[];
  /** User and groups as the API server has them, with their prefix. */
  readonly user: string;
  readonly groups: readonly string[];
}

/** Names to ask about, likely ones first. */
export function candidates(hints: Hints): string[] {
  const guessed = [...hints.contexts, ...ofEmail(hints.user), ...hints.groups.map(lastPart)]
    .map((name) => name.toLowerCase())
    .filter((name) => !NOT_TENANTS.test(name));
  const names = [...hints.named, ...guessed].filter((name) => NAMESPACE.test(name));
  return [...new Set(names)].slice(0, MOST);
}

/** Of `oidc:user@team.example.com`: `team`, `team-example-com`, `user`. */
function ofEmail(user: string): string[] {
  const [, local = '', domain = ''] = /^(?:.*:)?([^@:]+)@([^@]+)$/.exec(user) ?? [];
  return [domain.split('.')[0] ?? '', domain.replaceAll('.', '-'), local.replaceAll(/[._+]/g, '-')];
}

/** Groups may carry a prefix, and a path. */
function lastPart(group: string): string {
  return /[^:/]*$/.exec(group)?.[0] ?? '';
}
