/** What the API server stores. */
import type { Connection } from '../../../../lib/kube/connection.ts';

/** A kind that can be listed: `jobs.batch`, `pods`; with its path. */
export interface Kind {
  readonly name: string;
  readonly path: string;
}

interface Page {
  readonly items: readonly { readonly metadata: { readonly namespace?: string; readonly name: string } }[];
  readonly metadata: { readonly remainingItemCount?: number };
}

/** Every kind that is stored, each under one of its groups. */
export async function storedKinds(api: Connection): Promise<Kind[]> {
  const groups = await api.request<{
    groups: { preferredVersion: { groupVersion: string } }[];
  }>({ method: 'GET', path: '/apis' });
  const roots = [
    '/api/v1',
    ...groups.groups.map(({ preferredVersion: { groupVersion } }) => `/apis/${groupVersion}`),
  ];
  const kinds: Kind[] = [];
  for (const root of roots) {
    const { resources } = await api.request<{
      resources: { name: string; verbs: string[] }[];
    }>({ method: 'GET', path: root });
    const group = root.split('/')[2] ?? '';
    for (const { name, verbs } of resources) {
      // What can be listed but not watched is made up at each call, such as componentstatuses.
      if (!verbs.includes('list') || !verbs.includes('watch') || name.includes('/')) continue;
      // The same Events are served under two groups.
      if (root === '/api/v1' && name === 'events') continue;
      kinds.push({ name: root === '/api/v1' ? name : `${name}.${group}`, path: `${root}/${name}` });
    }
  }
  return kinds;
}

/** How many objects of a kind are stored. */
export async function countOf(api: Connection, { path }: Kind): Promise<number> {
  const page = await api.request<Page>({ method: 'GET', path, query: { limit: 1 } });
  return page.items.length + (page.metadata.remainingItemCount ?? 0);
}

/** `namespace/name` of every object of a kind. */
export async function namesOf(api: Connection, { path }: Kind): Promise<string[]> {
  const { items } = await api.request<Page>({ method: 'GET', path });
  return items.map(({ metadata }) => [metadata.namespace, metadata.name].filter(Boolean).join('/'));
}
