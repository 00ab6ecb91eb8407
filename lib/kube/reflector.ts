/**
 * Keeps a sink equal to a kind of objects: list, watch, resume, list again when the server has forgotten.
 * No answer of the server ends it. One loop, one AbortController per start: start and stop cannot race.
 */
import { addedJitter } from './backoff.ts';
import { client } from './client.ts';
import { pause } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { ApiError, isExpired, messageOf } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { collectionPath } from './paths.ts';
import { keyOf } from './types.ts';
import type { KubeObject, ResourceType } from './types.ts';
import { GarbageError, watchEvents } from './watch-events.ts';

/** Where a reflector puts what it learns. Calls come one after another. */
export interface Sink<T> {
  /** Some of a list that has begun. They are true, but not yet the whole truth. */
  listed(objects: T[]): void;
  /** The list has ended: at its resource version there is nothing but these. */
  replaced(keys: ReadonlySet<string>, resourceVersion: string): void;
  changed(object: T): void;
  removed(object: T): void;
  /** Nothing changed up to this version. */
  bookmarked(resourceVersion: string): void;
}

export interface ReflectorOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  log: Log;
  metrics?: Metrics | undefined;
  /** Longest silence of a watch. Not under 70 s outside of tests: bookmarks come every 60 s. */
  inactivityMs?: number | undefined;
}

export interface Reflector {
  /** Does nothing if already started. After `stop` it goes on from where it was. */
  start(): void;
  /** Fulfilled when nothing of it is left: no request, no timer. */
  stop(): Promise<void>;
}

/** As client-go: 0.8 s to 30 s. */
const BACKOFF = { baseMs: 800, maxMs: 30_000 };
/** A watch that lived this long was healthy: its end is not a failure. */
const HEALTHY_MS = 5_000;
/** Wait before going on after a healthy watch: just so that not all informers come at once. */
const HEALTHY_WAIT_MS = 100;
/** Garbage at the same place again and again: resuming there does not help. */
const GARBAGE_BEFORE_RELIST = 3;

export function reflector<T extends KubeObject>(
  connection: Connection,
  type: ResourceType<T>,
  sink: Sink<T>,
  options: ReflectorOptions,
): Reflector {
  const { namespace, labelSelector, fieldSelector, clock, random, log, metrics } = options;
  const api = client(connection, type);
  const kind = type.kind;
  /** Where to resume. Undefined: only a list helps. */
  let resourceVersion: string | undefined;
  let failures = 0;
  let garbage = 0;
  let generation: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();

  async function listAll(signal: AbortSignal): Promise<void> {
    const keys = new Set<string>();
    const begin = () => keys.clear();
    const page = (objects: T[]) => {
      if (signal.aborted) return;
      for (const object of objects) keys.add(keyOf(object));
      sink.listed(objects);
    };
    const version = await api.read({ begin, page }, { namespace, labelSelector, fieldSelector, signal });
    if (signal.aborted) return;
    metrics?.lists.inc({ kind, result: 'success' });
    resourceVersion = version;
    sink.replaced(keys, version);
  }

  async function watchFrom(version: string, signal: AbortSignal): Promise<void> {
    const stream = await connection.stream({
      path: collectionPath(type, namespace),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: version,
        // The server ends the watch some time in here, so that not all clients come back at once.
        timeoutSeconds: Math.round(300 + random() * 300),
        labelSelector,
        fieldSelector,
      },
      signal,
      inactivityMs: options.inactivityMs ?? 75_000,
    });
    for await (const event of watchEvents<T>(stream)) {
      if (signal.aborted) return;
      if (event.type === 'ERROR')
        throw new ApiError(event.object.code ?? 500, event.object, { call: `WATCH ${kind}` });
      garbage = 0;
      resourceVersion = event.object.metadata.resourceVersion;
      if (event.type === 'BOOKMARK') sink.bookmarked(resourceVersion ?? version);
      else if (event.type === 'DELETED') sink.removed(event.object);
      else sink.changed(event.object);
    }
  }

  /** Returns how long to wait before the next step. */
  function waitAfter(error: unknown, lived: number): number {
    if (lived >= HEALTHY_MS && !isExpired(error)) {
      failures = 0;
      return HEALTHY_WAIT_MS * random();
    }
    failures = lived >= HEALTHY_MS ? 1 : failures + 1;
    if (isExpired(error)) {
      resourceVersion = undefined;
      if (failures === 1) return 0;
    }
    if (error instanceof GarbageError && ++garbage >= GARBAGE_BEFORE_RELIST) {
      garbage = 0;
      resourceVersion = undefined;
    }
    const wait = addedJitter(BACKOFF, failures, random());
    const again = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(wait, Math.min(again, BACKOFF.maxMs));
  }

  async function step(signal: AbortSignal): Promise<number> {
    if (resourceVersion === undefined) {
      try {
        await listAll(signal);
        return 0;
      } catch (error) {
        if (signal.aborted) return 0;
        const wait = waitAfter(error, 0);
        metrics?.lists.inc({ kind, result: 'error' });
        log.warn(
          { kind, error: messageOf(error), waitMs: Math.round(wait) },
          'Failed to list; keeping what is known',
        );
        return wait;
      }
    }
    const started = clock.monotonic();
    let failure: unknown;
    try {
      await watchFrom(resourceVersion, signal);
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) return 0;
    const wait = waitAfter(failure, clock.monotonic() - started);
    metrics?.watches.inc({ kind, result: resultOf(failure) });
    const fields = {
      kind,
      waitMs: Math.round(wait),
      ...(failure !== undefined && { error: messageOf(failure) }),
    };
    if (failure !== undefined || failures > 0)
      log.warn(fields, 'Lost the watch; going on from the last event');
    else log.debug(fields, 'Ended the watch; going on from the last event');
    return wait;
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait = await step(signal);
      if (wait > 0) await pause(clock, wait, signal);
    }
  }

  return {
    start() {
      if (generation) return;
      const { signal } = (generation = new AbortController());
      // The generation before may still be letting go of its request.
      running = running.then(() => loop(signal));
    },
    async stop() {
      generation?.abort(new Error('Stopped'));
      generation = undefined;
      await running;
    },
  };
}

function resultOf(failure: unknown): string {
  if (failure === undefined) return 'ended';
  if (isExpired(failure)) return 'expired';
  return failure instanceof GarbageError ? 'garbage' : 'error';
}
