/** Calls on one kind of object. Thin: every decision about conflicts and retries stays with the caller. */
import type { Call, Connection } from './connection.ts';
import { isExpired } from './errors.ts';
import { collectionPath, objectPath } from './paths.ts';
import type { Creatable, KubeObject, Ref, ResourceType } from './types.ts';

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  /** Objects per page. Default 250; all pages are fetched. */
  limit?: number;
  signal?: AbortSignal | undefined;
}

/** Takes a list page by page, so that nobody has to hold all of it. */
export interface ListReader<T> {
  /** The list begins; again, when the server has forgotten it on the way: what came before does not count. */
  begin(): void;
  page(objects: T[]): void;
}

export interface PatchOptions {
  type: 'merge' | 'json' | 'apply' | 'strategic';
  subresource?: string;
  /** Required for `apply`. */
  fieldManager?: string;
  /** `apply` only: take fields over from other managers. */
  force?: boolean;
  dryRun?: boolean;
}

export interface WriteOptions {
  dryRun?: boolean;
}

export interface DeleteOptions {
  uid?: string;
  resourceVersion?: string;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

export interface Client<T extends KubeObject> {
  readonly type: ResourceType<T>;
  /** Quorum read. */
  get(ref: Ref): Promise<T>;
  list(options?: ListOptions): Promise<{ items: T[]; resourceVersion: string }>;
  /** The same in pages. Returns the resource version. */
  read(reader: ListReader<T>, options?: ListOptions): Promise<string>;
  create(object: T | Creatable<T>, options?: WriteOptions): Promise<T>;
  /** PUT, conditional on `metadata.resourceVersion` (R1). @throws Error if that is missing; ApiError Conflict if it is old. */
  replace(object: T, options?: WriteOptions): Promise<T>;
  /** The same on `/status`. */
  replaceStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(ref: Ref, patch: unknown, options: PatchOptions): Promise<T>;
  delete(ref: Ref, options?: DeleteOptions): Promise<void>;
  /** POST on a subresource: token, binding, eviction. */
  createSubresource<R>(ref: Ref, subresource: string, body: unknown): Promise<R>;
}

const PAGE = 250;

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml', // JSON is YAML
} as const;

interface ListPage<T> {
  items: T[] | null;
  metadata: { resourceVersion: string; continue?: string };
}

/** Client of one kind. `timeoutMs` of each call: default 30 s. */
export function client<T extends KubeObject>(
  connection: Connection,
  type: ResourceType<T>,
  defaults: { timeoutMs?: number; signal?: AbortSignal } = {},
): Client<T> {
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  const named = <O extends object>(object: O) => ({ apiVersion, kind: type.kind, ...object });
  const request = <R>(call: Call) => connection.request<R>({ ...defaults, ...call });
  const dryRun = (options: WriteOptions | undefined) => ({ dryRun: options?.dryRun ? 'All' : undefined });

  function replace(object: T, options: WriteOptions | undefined, subresource?: string): Promise<T> {
    const { namespace, name, resourceVersion } = object.metadata;
    if (!resourceVersion)
      throw new Error(`${type.kind} "${name}": a replace needs metadata.resourceVersion (R1)`);
    const path = objectPath(type, { namespace, name }, subresource);
    return request({ method: 'PUT', path, query: dryRun(options), body: named(object) });
  }

  async function readPages(
    reader: ListReader<T>,
    options: ListOptions,
    limit: number | undefined,
  ): Promise<string> {
    reader.begin();
    const { namespace, labelSelector, fieldSelector, signal, ...version } = options;
    let next: string | undefined;
    for (;;) {
      const page: ListPage<T> = await request({
        method: 'GET',
        path: collectionPath(type, namespace),
        query: {
          labelSelector,
          fieldSelector,
          limit,
          // The server takes the version from the continue token.
          ...(next
            ? { continue: next }
            : {
                resourceVersion: version.resourceVersion,
                resourceVersionMatch: version.resourceVersionMatch,
              }),
        },
        ...(signal && { signal }),
      });
      // Items of a list do not say what they are.
      reader.page((page.items ?? []).map(named));
      next = page.metadata.continue;
      if (!next) return page.metadata.resourceVersion;
    }
  }

  async function read(reader: ListReader<T>, options: ListOptions = {}): Promise<string> {
    try {
      return await readPages(reader, options, options.limit ?? PAGE);
    } catch (error) {
      // A continue token lives 5 to 10 minutes. Without pages there is none; but an Exact version that is gone stays gone.
      if (!isExpired(error) || options.resourceVersionMatch === 'Exact') throw error;
      return readPages(reader, options, undefined);
    }
  }

  /** An apply patch has to say itself what it is about. */
  function configurationOf(ref: Ref, patch: Partial<T>): object {
    const { namespace, name } = ref;
    return named({ ...patch, metadata: { ...patch.metadata, name, ...(type.namespaced && { namespace }) } });
  }

  return {
    type,
    get: (ref) => request({ method: 'GET', path: objectPath(type, ref) }),

    read,

    async list(options) {
      let items: T[] = [];
      const begin = () => void (items = []);
      const page = (objects: T[]) => void (items = items.concat(objects));
      const resourceVersion = await read({ begin, page }, options);
      return { items, resourceVersion };
    },

    create(object, options) {
      const { namespace } = object.metadata ?? {};
      if (type.namespaced && namespace === undefined)
        throw new Error(`${type.kind}: metadata.namespace is missing`);
      const path = collectionPath(type, type.namespaced ? namespace : undefined);
      return request({ method: 'POST', path, query: dryRun(options), body: named(object) });
    },

    replace: (object, options) => replace(object, options),
    replaceStatus: (object, options) => replace(object, options, 'status'),

    patch(ref, patch, options) {
      const { type: patchType, subresource, fieldManager, force } = options;
      if (patchType === 'apply' && !fieldManager) throw new Error('An apply patch needs a fieldManager');
      return request({
        method: 'PATCH',
        path: objectPath(type, ref, subresource),
        query: { fieldManager, force, ...dryRun(options) },
        body: patchType === 'apply' ? configurationOf(ref, patch as Partial<T>) : patch,
        contentType: PATCH_TYPES[patchType],
      });
    },

    async delete(ref, options = {}) {
      const { uid, resourceVersion, propagationPolicy } = options;
      const preconditions = uid || resourceVersion ? { preconditions: { uid, resourceVersion } } : {};
      await request({
        method: 'DELETE',
        path: objectPath(type, ref),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, ...preconditions },
      });
    },

    createSubresource: (ref, subresource, body) =>
      request({ method: 'POST', path: objectPath(type, ref, subresource), body }),
  };
}
