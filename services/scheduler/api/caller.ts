import { GROUP } from '../../../crds/names.ts';
import { client } from '../../../lib/kube/client.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS } from '../../../lib/kube/resources.ts';

/** Audience of tokens that are for the scheduler alone; tokens for the API server are taken too. */
export const AUDIENCE = 'naas-scheduler';

/** A person or program that the API server knows. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, string[]>> | undefined;
}

export interface Authority {
  /** Who bears the token; undefined: nobody. @throws when the API server cannot say */
  authenticate(token: string): Promise<User | undefined>;
  /** Whether the user may create `devices/configure` in the platform's namespace. */
  mayConfigure(user: User): Promise<boolean>;
}

/** Asks the API server: TokenReview and SubjectAccessReview. */
export function apiAuthority(connection: Connection, namespace: string): Authority {
  const tokens = client(connection, TOKEN_REVIEWS, { timeoutMs: 5000 });
  const access = client(connection, SUBJECT_ACCESS_REVIEWS, { timeoutMs: 5000 });

  async function review(token: string, audiences: string[] | undefined): Promise<User | undefined> {
    const { status } = await tokens.create({
      spec: { token, ...(audiences === undefined ? {} : { audiences }) },
    });
    const name = status?.user?.username;
    if (status?.authenticated !== true || name === undefined || name === '') return undefined;
    // An authenticator that does not know audiences must not pass for one that checked ours.
    if (audiences !== undefined && !(status.audiences ?? []).some((one) => audiences.includes(one)))
      return undefined;
    return { name, groups: status.user?.groups ?? [], uid: status.user?.uid, extra: status.user?.extra };
  }

  return {
    async authenticate(token) {
      return (await review(token, [AUDIENCE])) ?? (await review(token, undefined));
    },
    async mayConfigure({ name, groups, uid, extra }) {
      const { status } = await access.create({
        spec: {
          user: name,
          groups: [...groups],
          ...(uid === undefined ? {} : { uid }),
          ...(extra === undefined ? {} : { extra: { ...extra } }),
          resourceAttributes: {
            group: GROUP,
            resource: 'devices',
            subresource: 'configure',
            verb: 'create',
            namespace,
          },
        },
      });
      return status?.allowed === true && status.denied !== true;
    },
  };
}
