/**
 * Events (events.k8s.io/v1) for people who read `kubectl describe`. The same event again raises the count of a series
 * instead of making a new object. An event is never worth failing for: nothing here throws or waits.
 */
import { hostname } from 'node:os';
import { client } from './client.ts';
import { pause, systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { ApiError, isAlreadyExists, isNotFound, messageOf } from './errors.ts';
import { silentLog } from './log.ts';
import type { Log } from './log.ts';
import { microTime } from './micro-time.ts';
import { EVENTS } from './resources.ts';
import type { KubeEvent } from './resources.ts';
import type { DeepReadonly, KubeObject, Ref } from './types.ts';

export interface EventInput {
  /** With `apiVersion` and `kind`, as stores and clients give it. */
  regarding: DeepReadonly<KubeObject>;
  type: 'Normal' | 'Warning';
  /** Why, CamelCase, from a fixed list. */
  reason: string;
  /** What the controller did, CamelCase, from a fixed list. */
  action: string;
  /** For people; cut at 1024 bytes. */
  note: string;
}

export interface EventRecorder {
  event(input: EventInput): void;
  /** Sends what is waiting, for at most `graceMs` (default 3 s); nothing is recorded after. */
  stop(graceMs?: number): Promise<void>;
}

export interface EventRecorderOptions {
  connection: Connection;
  /** Who says so, e.g. `network.as.a.service/interface-watcher`. */
  reportingController: string;
  /** Which process of it. Default: the host's name. */
  reportingInstance?: string;
  log?: Log;
  clock?: Clock;
  random?: () => number;
}

/** A series is over when nothing came for this long (as client-go). */
const SERIES_MS = 6 * 60_000;
/** Counts of a series are written this often, not at each event. */
const SERIES_WRITE_MS = 10_000;
/** Per object: this many different events at once, then one in `REFILL_MS`. */
const BURST = 25;
const REFILL_MS = 30_000;
const NOTE_BYTES = 1024;
/** Events that wait to be sent; more are dropped. */
const WAITING = 1000;
const SEND_TRIES = 3;

interface Series {
  ref: Ref;
  count: number;
  lastSeen: number;
  /** Wall clock of the last event. */
  lastTime: number;
  cancelWrite?: (() => void) | undefined;
}

export function eventRecorder(options: EventRecorderOptions): EventRecorder {
  const { reportingController, clock = systemClock, random = Math.random, log = silentLog } = options;
  const reportingInstance = (options.reportingInstance ?? hostname()).slice(0, 128);
  const api = client(options.connection, EVENTS, { timeoutMs: 10_000 });
  const series = new Map<string, Series>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  const waiting: (() => Promise<unknown>)[] = [];
  const stopping = new AbortController();
  let sending: Promise<void> | undefined;
  let stopped = false;

  function send(write: () => Promise<unknown>): void {
    if (waiting.length >= WAITING) {
      log.warn({}, 'Dropped an event: too many are waiting');
      return;
    }
    waiting.push(write);
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
  }

  async function sendAll(): Promise<void> {
    for (let write = waiting.shift(); write; write = waiting.shift()) await sendOne(write);
  }

  async function sendOne(write: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await write();
        return;
      } catch (error) {
        // A create whose answer was lost; the name is ours alone.
        if (isAlreadyExists(error)) return;
        const hopeless = error instanceof ApiError && error.code < 500 && error.code !== 429;
        if (hopeless || tries >= SEND_TRIES || stopping.signal.aborted) {
          // An event in a namespace that is being deleted, or a series whose event has expired.
          if (isNotFound(error) || (error instanceof ApiError && error.code === 403))
            log.debug({ error: messageOf(error) }, 'Dropped an event');
          else log.warn({ error: messageOf(error) }, 'Dropped an event');
          return;
        }
        await pause(clock, 1000 * tries * (0.5 + random()), stopping.signal);
      }
    }
  }

  function forgetOld(now: number): void {
    for (const [key, { lastSeen, cancelWrite }] of series) {
      // In order of the last event: the rest is younger.
      if (now - lastSeen < SERIES_MS) break;
      if (!cancelWrite) series.delete(key);
    }
    for (const [key, { at }] of buckets) {
      if (now - at < BURST * REFILL_MS) break;
      buckets.delete(key);
    }
  }

  function isAllowed(object: string, now: number): boolean {
    const bucket = buckets.get(object) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL_MS);
    buckets.delete(object);
    buckets.set(object, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    return tokens >= 1;
  }

  function writeSeries(entry: Series): void {
    entry.cancelWrite = undefined;
    const { count, lastTime, ref } = entry;
    const patch = { series: { count, lastObservedTime: microTime(lastTime) } };
    send(() => api.patch(ref, patch, { type: 'merge' }));
  }

  function record({ regarding, type, reason, action, note }: EventInput): void {
    const { namespace = 'default', name, uid } = regarding.metadata;
    const now = clock.monotonic();
    forgetOld(now);
    const object = [regarding.kind, namespace, name, uid].join('/');
    const key = [object, type, reason, action, note].join('\n');
    const known = series.get(key);
    if (known && now - known.lastSeen < SERIES_MS) {
      known.count += 1;
      known.lastSeen = now;
      known.lastTime = clock.now();
      series.delete(key);
      series.set(key, known);
      known.cancelWrite ??= clock.after(SERIES_WRITE_MS, () => writeSeries(known));
      return;
    }
    if (!isAllowed(object, now)) {
      log.debug({ object, reason }, 'Dropped an event: too many on one object');
      return;
    }
    const suffix = Math.floor(random() * 2 ** 48).toString(16);
    const ref = { namespace, name: `${name.slice(0, 200)}.${clock.now().toString(16)}${suffix}` };
    series.delete(key);
    series.set(key, { ref, count: 1, lastSeen: now, lastTime: clock.now() });
    const event: KubeEvent = {
      metadata: ref,
      eventTime: microTime(clock.now()),
      reportingController,
      reportingInstance,
      action,
      reason,
      type,
      note: cutBytes(note, NOTE_BYTES),
      regarding: {
        ...(regarding.apiVersion && { apiVersion: regarding.apiVersion }),
        ...(regarding.kind && { kind: regarding.kind }),
        ...(regarding.metadata.namespace && { namespace }),
        name,
        ...(uid && { uid }),
        ...(regarding.metadata.resourceVersion && { resourceVersion: regarding.metadata.resourceVersion }),
      },
    };
    send(() => api.create(event));
  }

  return {
    event(input) {
      if (stopped) return;
      try {
        record(input);
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'Failed to record an event');
      }
    },
    async stop(graceMs = 3000) {
      stopped = true;
      for (const entry of series.values()) {
        entry.cancelWrite?.();
        if (entry.cancelWrite) writeSeries(entry);
      }
      const late = new AbortController();
      await Promise.race([sending ?? Promise.resolve(), pause(clock, graceMs, late.signal)]);
      late.abort();
      stopping.abort();
      waiting.length = 0;
    },
  };
}

/** At most so many bytes of UTF-8, never half a character; says that something is missing. */
export function cutBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit - Buffer.byteLength('…');
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end).toString('utf8')}…`;
}
