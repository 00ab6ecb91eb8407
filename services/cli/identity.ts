/** Who the API server takes us for, and what we may do in a namespace: its own answers, never read out of a token. */
import { GROUP } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { SELF_SUBJECT_ACCESS_REVIEWS, SELF_SUBJECT_REVIEWS } from '../../lib/kube/resources.ts';

export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** As of a RoleBinding to `naas-tenant` or `naas-tenant-viewer`; `none` may not even read requests. */
export type Role = 'editor' | 'viewer' | 'none';

export interface NamespaceAccess {
  readonly namespace: string;
  readonly role: Role;
}

/** Asks the API server who we are. Everyone may ask. */
export async function whoIs(connection: Connection): Promise<Identity> {
  const review = await client(connection, SELF_SUBJECT_REVIEWS).create({});
  const { username = '', groups = [] } = review.status?.userInfo ?? {};
  return { user: username, groups };
}

/** What we may do with requests in each namespace, in their order. Everyone may ask about themselves. */
export async function accessTo(
  connection: Connection,
  namespaces: readonly string[],
): Promise<NamespaceAccess[]> {
  return Promise.all(
    namespaces.map(async (namespace): Promise<NamespaceAccess> => {
      const may = (verb: string) => mayI(connection, namespace, verb);
      const [write, read] = await Promise.all([may('create'), may('list')]);
      return { namespace, role: write ? 'editor' : read ? 'viewer' : 'none' };
    }),
  );
}

async function mayI(connection: Connection, namespace: string, verb: string): Promise<boolean> {
  const resourceAttributes = { namespace, verb, group: GROUP, resource: 'interfaces' };
  const review = await client(connection, SELF_SUBJECT_ACCESS_REVIEWS).create({
    spec: { resourceAttributes },
  });
  return review.status?.allowed === true;
}
