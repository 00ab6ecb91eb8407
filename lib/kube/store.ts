/** What an informer knows: objects by key and by index, shared by everybody and changed by nobody but the reflector. */
import { keyOf } from './types.ts';
import type { DeepReadonly, KubeObject } from './types.ts';

/** Reading side. Objects are frozen outside of production, so that a change of a shared object fails where it happens. */
export interface Store<T> {
  /** `key` is `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): DeepReadonly<T> | undefined;
  list(): readonly DeepReadonly<T>[];
  /** @throws Error if the informer has no such index. */
  byIndex(index: string, value: string): readonly DeepReadonly<T>[];
}

/** Values under which an object is found in an index. */
export type Indexes<T> = Record<string, (object: DeepReadonly<T>) => string[]>;

export interface WritableStore<T> extends Store<T> {
  /** Returns what was there before. */
  put(object: T): DeepReadonly<T> | undefined;
  remove(key: string): DeepReadonly<T> | undefined;
  keys(): Iterable<string>;
  readonly size: number;
}

export interface StoreOptions<T> {
  indexes?: Indexes<T>;
  /** Default: true unless `NODE_ENV` is `production`. */
  freeze?: boolean;
  /** An index function threw; the object is then not in that index. */
  onIndexError?(index: string, key: string, error: unknown): void;
}

/** An object of a store for pure decisions: they never change what they are given, and do not say so in their types. */
export function shared<T>(object: DeepReadonly<T> | undefined): T | undefined {
  return object as T | undefined;
}

type Entries<T> = Map<string, DeepReadonly<T>>;

export function createStore<T extends KubeObject>(options: StoreOptions<T> = {}): WritableStore<T> {
  const freeze = options.freeze ?? process.env['NODE_ENV'] !== 'production';
  const objects: Entries<T> = new Map();
  const indexes = new Map(
    Object.entries(options.indexes ?? {}).map(([name, valuesOf]) => [
      name,
      { valuesOf, found: new Map<string, Entries<T>>() },
    ]),
  );
  /** Index values of a key, as they were when it was put in: index functions are not trusted to say the same twice. */
  const filed = new Map<string, [found: Map<string, Entries<T>>, value: string][]>();

  function unfile(key: string): void {
    for (const [found, value] of filed.get(key) ?? []) {
      const entries = found.get(value);
      entries?.delete(key);
      if (entries?.size === 0) found.delete(value);
    }
    filed.delete(key);
  }

  function file(key: string, object: DeepReadonly<T>): void {
    const places: [Map<string, Entries<T>>, string][] = [];
    for (const [name, { valuesOf, found }] of indexes) {
      try {
        for (const value of valuesOf(object)) {
          const entries = found.get(value) ?? new Map();
          found.set(value, entries.set(key, object));
          places.push([found, value]);
        }
      } catch (error) {
        options.onIndexError?.(name, key, error);
      }
    }
    if (places.length) filed.set(key, places);
  }

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    byIndex(index, value) {
      const found = indexes.get(index)?.found;
      if (!found)
        throw new Error(`No index "${index}"; there are: ${[...indexes.keys()].join(', ') || 'none'}`);
      return [...(found.get(value)?.values() ?? [])];
    },
    put(object) {
      const shared = (freeze ? deepFreeze(object) : object) as DeepReadonly<T>;
      const key = keyOf(object);
      const previous = objects.get(key);
      unfile(key);
      objects.set(key, shared);
      file(key, shared);
      return previous;
    },
    remove(key) {
      const previous = objects.get(key);
      unfile(key);
      objects.delete(key);
      return previous;
    },
    keys: () => objects.keys(),
    get size() {
      return objects.size;
    },
  };
}

function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
