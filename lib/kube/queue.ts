/**
 * Keys that want work. A key is in it once, however often it is added; it is never handed out while it is being worked
 * on (added then, it comes again afterwards); the higher priority goes first, then the older.
 */
import { fullJitter } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Metrics } from './metrics.ts';

/** A user waits for it. */
export const PRIORITY_CHANGE = 0;
/** First list and resync: nobody waits. */
export const PRIORITY_RESYNC = -100;

export interface AddOptions {
  /** Default 0. Of several adds of a key the highest counts. */
  priority?: number;
  /** Not before this many milliseconds from now. Of several adds of a key the earliest counts. */
  after?: number;
}

export interface WorkQueue {
  /** Ignored after `drain`. */
  add(key: string, options?: AddOptions): void;
  /** The next key, as soon as there is one; it is locked until `done`. `undefined` after `drain`. */
  take(): Promise<string | undefined>;
  /** Unlocks a key that `take` handed out. */
  done(key: string): void;
  /** Adds a key that failed, after its back-off, `maxMs` at most; returns the wait in milliseconds. */
  retry(key: string, options?: { priority?: number; maxMs?: number }): number;
  /** The key succeeded: its next failure counts as the first. */
  forget(key: string): void;
  /** Failures of a key in a row. */
  failures(key: string): number;
  /** Keys that could be taken now. */
  readonly ready: number;
  /** Takes nothing more, drops what is not begun (it will be found again after a restart), waits for what is. */
  drain(): Promise<void>;
}

export interface QueueOptions {
  /** Label of the metrics. */
  name: string;
  /** Default 0.5 s to 5 min, full jitter. */
  backoff?: Backoff;
  clock?: Clock;
  random?: () => number;
  metrics?: Metrics | undefined;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 500, maxMs: 300_000 };

export function workQueue(options: QueueOptions): WorkQueue {
  const { name, backoff = DEFAULT_BACKOFF, clock = systemClock, random = Math.random, metrics } = options;
  const labels = { name, controller: name };
  /** Ready keys and when they became so, oldest first, by priority. */
  const lanes = new Map<number, Map<string, number>>();
  const laneOf = new Map<string, number>();
  /** Being worked on, since when. */
  const processing = new Map<string, number>();
  /** Added while being worked on, with the priority. */
  const dirty = new Map<string, number>();
  const delayed = new Map<string, { at: number; priority: number; cancel(): void }>();
  const failures = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  const drained = Promise.withResolvers<void>();
  let draining = false;

  metrics?.beforeScrape(() => {
    const now = clock.monotonic();
    const ages = [...processing.values()].map((since) => (now - since) / 1000);
    metrics.unfinishedWork.set(
      labels,
      ages.reduce((sum, age) => sum + age, 0),
    );
    metrics.longestRunning.set(labels, Math.max(0, ...ages));
  });

  function showDepth(priority: number): void {
    metrics?.queueDepth.set({ ...labels, priority: String(priority) }, lanes.get(priority)?.size ?? 0);
  }

  function enter(key: string, priority: number, since: number): void {
    const lane = lanes.get(priority) ?? new Map<string, number>();
    lanes.set(priority, lane.set(key, since));
    laneOf.set(key, priority);
    showDepth(priority);
  }

  function leave(key: string, priority: number): number {
    const lane = lanes.get(priority);
    const since = lane?.get(key) ?? clock.monotonic();
    lane?.delete(key);
    laneOf.delete(key);
    showDepth(priority);
    if (lane?.size === 0) lanes.delete(priority);
    return since;
  }

  function addNow(key: string, priority: number): void {
    if (processing.has(key)) {
      dirty.set(key, Math.max(priority, dirty.get(key) ?? priority));
      return;
    }
    const lane = laneOf.get(key);
    if (lane !== undefined && lane >= priority) return;
    // Raised: it keeps the time it has already waited.
    enter(key, priority, lane === undefined ? clock.monotonic() : leave(key, lane));
    takers.shift()?.(next());
  }

  function addLater(key: string, priority: number, after: number): void {
    const at = clock.monotonic() + after;
    const waiting = delayed.get(key);
    if (waiting && waiting.at <= at) {
      waiting.priority = Math.max(waiting.priority, priority);
      return;
    }
    waiting?.cancel();
    const entry = {
      at,
      priority: Math.max(priority, waiting?.priority ?? priority),
      cancel: clock.after(after, () => {
        delayed.delete(key);
        addNow(key, entry.priority);
      }),
    };
    delayed.set(key, entry);
  }

  function next(): string | undefined {
    if (lanes.size === 0) return undefined;
    const priority = Math.max(...lanes.keys());
    const [key] = lanes.get(priority)?.keys() ?? [];
    if (key === undefined) return undefined;
    const since = leave(key, priority);
    const now = clock.monotonic();
    processing.set(key, now);
    metrics?.queueDuration.observe(labels, (now - since) / 1000);
    return key;
  }

  function add(key: string, { priority = PRIORITY_CHANGE, after = 0 }: AddOptions = {}): void {
    if (draining) return;
    metrics?.queueAdds.inc(labels);
    if (after > 0) {
      // Ready already, or right after the work in hand: that is earlier.
      if (laneOf.has(key) || dirty.has(key)) addNow(key, priority);
      else addLater(key, priority, after);
      return;
    }
    const waiting = delayed.get(key);
    waiting?.cancel();
    delayed.delete(key);
    addNow(key, Math.max(priority, waiting?.priority ?? priority));
  }

  return {
    add,
    take() {
      if (draining) return Promise.resolve(undefined);
      const key = next();
      if (key !== undefined) return Promise.resolve(key);
      return new Promise((resolve) => takers.push(resolve));
    },
    done(key) {
      const since = processing.get(key);
      if (since === undefined) return;
      processing.delete(key);
      metrics?.workDuration.observe(labels, (clock.monotonic() - since) / 1000);
      const priority = dirty.get(key);
      dirty.delete(key);
      if (priority !== undefined && !draining) addNow(key, priority);
      if (draining && processing.size === 0) drained.resolve();
    },
    retry(key, { priority = PRIORITY_CHANGE, maxMs = backoff.maxMs } = {}) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      const after = fullJitter({ ...backoff, maxMs: Math.min(maxMs, backoff.maxMs) }, count, random());
      metrics?.queueRetries.inc(labels);
      add(key, { priority, after });
      return after;
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
    get ready() {
      return laneOf.size;
    },
    async drain() {
      draining = true;
      for (const entry of delayed.values()) entry.cancel();
      delayed.clear();
      dirty.clear();
      for (const [key, priority] of laneOf) leave(key, priority);
      for (const taker of takers.splice(0)) taker(undefined);
      if (processing.size === 0) drained.resolve();
      await drained.promise;
    },
  };
}
