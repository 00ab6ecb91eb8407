/** When a change was first seen by watch. */
import type { Connection } from '../../lib/kube/connection.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { DeepReadonly, KubeObject, ResourceType } from '../../lib/kube/types.ts';

export interface Sighting<T> {
  /** Milliseconds since 1970, with fractions: comparable with the times in logs. */
  readonly at: number;
  readonly object: DeepReadonly<T>;
}

export interface Sightings<T> {
  /** The first object for which the question is answered yes; asked of each change and of what is there. */
  first(question: (object: DeepReadonly<T>) => boolean): Promise<Sighting<T>>;
  whenSynced(): Promise<void>;
  stop(): Promise<void>;
}

export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Follows one kind. */
export function sightings<T extends KubeObject>(
  connection: Connection,
  type: ResourceType<T>,
  options: { namespace?: string; labelSelector?: string } = {},
): Sightings<T> {
  const waiting = new Set<(object: DeepReadonly<T>) => void>();
  const follow = informer(connection, type, options);
  follow.onChange(({ object }) => {
    if (object !== undefined) for (const ask of waiting) ask(object);
  });
  follow.start();
  return {
    first(question) {
      return new Promise((resolve) => {
        const ask = (object: DeepReadonly<T>) => {
          if (!question(object)) return;
          waiting.delete(ask);
          resolve({ at: wallClock(), object });
        };
        waiting.add(ask);
        for (const object of follow.store.list()) if (waiting.has(ask)) ask(object);
      });
    },
    whenSynced: () => follow.whenSynced(),
    stop: () => follow.stop(),
  };
}
