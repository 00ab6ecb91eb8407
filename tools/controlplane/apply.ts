/** Server-side apply of YAML documents of any kind, as `kubectl apply --server-side` does it. */
import type { Connection } from '../../lib/kube/connection.ts';
import type { KubeObject } from '../../lib/kube/types.ts';
import { parseAllDocuments } from 'yaml';

interface ApiResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
  }[];
}

const FIELD_MANAGER = 'naas-platform';

/** All documents of a YAML text. Throws on the first syntax error. */
export function documents(text: string): KubeObject[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as KubeObject;
  });
}

/**
 * Applies objects one after the other.
 *
 * @throws ApiError with the API server's words; Error for a kind that it does not serve.
 */
export async function apply(connection: Connection, objects: readonly KubeObject[]): Promise<void> {
  const discovered = new Map<string, Promise<ApiResourceList>>();
  for (const object of objects) {
    const apiVersion = object.apiVersion ?? 'v1';
    const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    let list = discovered.get(prefix);
    if (list === undefined) {
      list = connection.request<ApiResourceList>({ method: 'GET', path: prefix });
      discovered.set(prefix, list);
    }
    const type = (await list).resources.find(({ kind, name }) => kind === object.kind && !name.includes('/'));
    if (type === undefined) throw new Error(`The API server does not serve ${object.kind} of ${apiVersion}`);
    const namespace = type.namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : '';
    await connection.request({
      method: 'PATCH',
      path: `${prefix}${namespace}/${type.name}/${object.metadata.name}`,
      query: { fieldManager: FIELD_MANAGER, force: true },
      contentType: 'application/apply-patch+yaml',
      body: object,
    });
  }
}
