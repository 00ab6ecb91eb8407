/** Where the API server serves an object or a collection. */
import type { KubeObject, Ref, ResourceType } from './types.ts';

/** A name becomes one part of a path, or it is refused: it must never reach another object. */
function part(what: string, text: string): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/')) {
    throw new Error(`${what} "${text}" cannot be part of a path`);
  }
  return encodeURIComponent(text);
}

/** Path of all objects of a kind, in one namespace or, without one, in all. */
export function collectionPath<T extends KubeObject>(type: ResourceType<T>, namespace?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  if (namespace === undefined) return `${root}/${type.plural}`;
  if (!type.namespaced) throw new Error(`${type.kind} is cluster-scoped: it has no namespace`);
  return `${root}/namespaces/${part('Namespace', namespace)}/${type.plural}`;
}

/** Path of one object, or of a subresource of it. */
export function objectPath<T extends KubeObject>(
  type: ResourceType<T>,
  ref: Ref,
  subresource?: string,
): string {
  if (type.namespaced && ref.namespace === undefined)
    throw new Error(`${type.kind} "${ref.name}": namespace is missing`);
  const collection = collectionPath(type, type.namespaced ? ref.namespace : undefined);
  const path = `${collection}/${part('Name', ref.name)}`;
  return subresource ? `${path}/${part('Subresource', subresource)}` : path;
}
