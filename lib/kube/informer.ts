/** A store that follows the API server, and who wants to know of changes. */
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { messageOf } from './errors.ts';
import { silentLog } from './log.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { reflector } from './reflector.ts';
import { createStore } from './store.ts';
import type { Indexes, Store } from './store.ts';
import { keyOf } from './types.ts';
import type { DeepReadonly, KubeObject, ResourceType } from './types.ts';
import { versionGate } from './version-gate.ts';

/** Something about one object is different. Without `object` it is gone. */
export interface Change<T> {
  key: string;
  object?: DeepReadonly<T>;
  previous?: DeepReadonly<T>;
  /** Part of the first list, not news: reconcile it with low priority. */
  initial: boolean;
}

export interface Informer<T> {
  readonly store: Store<T>;
  hasSynced(): boolean;
  /** Fulfilled when the first list is in the store. */
  whenSynced(): Promise<void>;
  /**
   * `handler` is called after each change is in the store, in order; for what is already there, at once, as initial.
   * It should only put a key in a queue. If it throws, that is logged and counted and nothing else happens.
   */
  onChange(handler: (change: Change<T>) => void): void;
  /**
   * Read-your-writes: fulfilled when the store is at least as new as `resourceVersion`, which a write returned.
   * With a selector that excludes the object this takes until the next bookmark, up to a minute.
   * @throws the signal's reason; Error when the informer is stopped meanwhile.
   */
  reached(key: string, resourceVersion: string, signal?: AbortSignal): Promise<void>;
  /** When the server was last heard: a list, an event, a bookmark. Milliseconds of the monotonic clock; -Infinity before. */
  lastContact(): number;
  start(): void;
  stop(): Promise<void>;
}

export interface InformerOptions<T> {
  /** Default: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  indexes?: Indexes<T>;
  /** Makes objects smaller before they are stored; `metadata.managedFields` are always dropped. */
  transform?: (object: T) => T;
  log?: Log;
  metrics?: Metrics;
  clock?: Clock;
  random?: () => number;
  /** For tests. */
  inactivityMs?: number;
}

/** An informer for one kind; it does nothing before `start`. */
export function informer<T extends KubeObject>(
  connection: Connection,
  type: ResourceType<T>,
  options: InformerOptions<T> = {},
): Informer<T> {
  const { indexes, transform, metrics, clock = systemClock, log = silentLog } = options;
  const { kind } = type;
  const handlers: ((change: Change<T>) => void)[] = [];
  const synced = Promise.withResolvers<void>();
  const versions = versionGate();
  let hasSynced = false;
  let lastContact = Number.NEGATIVE_INFINITY;

  const store = createStore<T>({
    ...(indexes && { indexes }),
    onIndexError: (index, key, error) =>
      log.error({ kind, index, key, error: messageOf(error) }, 'Failed to index'),
  });

  function smaller(object: T): T {
    delete object.metadata.managedFields;
    if (!transform) return object;
    try {
      return transform(object);
    } catch (error) {
      log.error(
        { kind, key: keyOf(object), error: messageOf(error) },
        'Failed to transform; kept the object as it is',
      );
      return object;
    }
  }

  function failed(key: string, error: unknown): void {
    metrics?.handlerErrors.inc({ kind });
    log.error({ kind, key, error: messageOf(error) }, 'Change handler failed');
  }

  function tell(handler: (change: Change<T>) => unknown, change: Change<T>): void {
    try {
      const result = handler(change);
      if (result instanceof Promise) result.catch((error: unknown) => failed(change.key, error));
    } catch (error) {
      failed(change.key, error);
    }
  }

  function put(object: T, initial: boolean): void {
    const stored = smaller(object);
    const key = keyOf(stored);
    const previous = store.get(key);
    if (previous && isSame(previous, stored)) return;
    store.put(stored);
    const current = store.get(key);
    const change: Change<T> = {
      key,
      initial,
      ...(current && { object: current }),
      ...(previous && { previous }),
    };
    for (const handler of handlers) tell(handler, change);
  }

  function remove(key: string): void {
    const previous = store.remove(key);
    if (!previous) return;
    for (const handler of handlers) tell(handler, { key, previous, initial: false });
  }

  function heard(resourceVersion: string | undefined): void {
    lastContact = clock.monotonic();
    metrics?.storeObjects.set({ kind }, store.size);
    if (resourceVersion) versions.advance(resourceVersion);
  }

  const source = reflector<T>(
    connection,
    type,
    {
      listed(objects) {
        // Each page at once, so that what is not kept of it does not wait for the last one.
        for (const object of objects) put(object, !hasSynced);
      },
      replaced(keys, resourceVersion) {
        for (const key of store.keys()) if (!keys.has(key)) remove(key);
        versions.reset(resourceVersion);
        heard(undefined);
        hasSynced = true;
        synced.resolve();
      },
      changed(object) {
        put(object, false);
        heard(object.metadata.resourceVersion);
      },
      removed(object) {
        remove(keyOf(object));
        heard(object.metadata.resourceVersion);
      },
      bookmarked: heard,
    },
    { ...options, clock, log, random: options.random ?? Math.random },
  );

  return {
    store,
    hasSynced: () => hasSynced,
    whenSynced: () => synced.promise,
    onChange(handler) {
      handlers.push(handler);
      if (!hasSynced) return;
      for (const object of store.list()) tell(handler, { key: keyOf(object), object, initial: true });
    },
    reached: (_key, resourceVersion, signal) => versions.reached(resourceVersion, signal),
    lastContact: () => lastContact,
    start: () => source.start(),
    async stop() {
      versions.fail(new Error(`Informer of ${kind} was stopped`));
      await source.stop();
    },
  };
}

/** The same object in the same version; a list repeats most of what is known. */
function isSame(a: DeepReadonly<KubeObject>, b: KubeObject): boolean {
  return a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
}
