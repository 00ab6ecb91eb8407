/** Shapes that all rooms share when they talk to the API server. No code runs here but `keyOf`. */
import type { ObjectMeta } from '../../crds/object-meta.ts';

/** Any stored object, as JSON. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** One kind of object and where the API server serves it. `_type` only carries the type. */
export interface ResourceType<T extends KubeObject> {
  /** API group, `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly _type?: T;
}

/** Names one object. `namespace` is required for namespaced kinds. */
export interface Ref {
  namespace?: string | undefined;
  name: string;
}

/** What may be sent to create an object: the name may be left to the server (`generateName`) or not exist at all (reviews). */
export type Creatable<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata'> & {
  metadata?: Partial<ObjectMeta>;
};

type Primitive = string | number | boolean | bigint | symbol | null | undefined;

/** `T` all the way down without the right to change it. Objects of a store are shared by everybody. */
export type DeepReadonly<T> = T extends Primitive
  ? T
  : T extends readonly (infer U)[]
    ? readonly DeepReadonly<U>[]
    : unknown extends T
      ? T
      : { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** Key of an object in stores and queues: `namespace/name`, or `name` for cluster-scoped kinds. */
export function keyOf(object: DeepReadonly<{ metadata: { namespace?: string; name: string } }>): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

/** Inverse of `keyOf`. */
export function refOf(key: string): Ref {
  const slash = key.indexOf('/');
  if (slash < 0) return { name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
