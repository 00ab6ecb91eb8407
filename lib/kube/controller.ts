/** Workers that take keys from a queue and reconcile them, one worker per key at a time. */
import { systemClock } from './clock.ts';
import type { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { ContendedError, TerminalError, isConflict, messageOf } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { PRIORITY_RESYNC, workQueue } from './queue.ts';
import type { AddOptions } from './queue.ts';

/** Done, or done for now: look again after so many milliseconds. */
export type Result = void | { requeueAfter: number };

export interface ControllerOptions {
  /** Label of logs and metrics. */
  name: string;
  /** Keys worked on at once. Default 4. */
  workers?: number;
  /**
   * Brings the world one step closer to what is stored. May be called at any time, again and again. Everything thrown is
   * tried again with back-off, but TerminalError. It should pass `signal` on and end soon after it aborts.
   */
  reconcile(key: string, signal: AbortSignal): Promise<Result>;
  log: Log;
  metrics?: Metrics | undefined;
  /** `signal` aborts after this. Default 60 s. */
  timeoutMs?: number;
  backoff?: Backoff;
  /** No worker starts before all of these are synced. */
  sources?: readonly { whenSynced(): Promise<void> }[];
  /** Default 2 min. */
  syncTimeoutMs?: number;
  /** Keys to begin with, at low priority: nothing that came before `start` is kept. */
  begin?(): Iterable<string>;
  /** All keys come again now and then, at low priority, in case anything was overlooked. */
  resync?: { keys(): Iterable<string>; everyMs?: number };
  clock?: Clock;
  random?: () => number;
}

export interface Controller {
  /** Ignored before `start`: who follows keeps no work for a day that may never come. */
  enqueue(key: string, options?: AddOptions): void;
  /** Fulfilled when the workers run. @throws Error if the sources are not synced in time: leave, and be restarted. */
  start(): Promise<void>;
  /** Takes no more keys and waits for those being worked on; after `graceMs` (default 15 s) their signals abort. */
  stop(graceMs?: number): Promise<void>;
}

const RESYNC_MS = 10 * 60 * 60 * 1000;
/**
 * Longest wait after a conflict. Each conflict is somebody else's progress: who has met ten of them is next as likely as
 * anyone, and must not wait for minutes beside an empty queue.
 */
const CONTENDED_MAX_MS = 2000;

export function controller(options: ControllerOptions): Controller {
  const {
    name,
    workers = 4,
    metrics,
    timeoutMs = 60_000,
    clock = systemClock,
    random = Math.random,
  } = options;
  const log = options.log.child({ controller: name });
  const queue = workQueue({
    name,
    clock,
    random,
    metrics,
    ...(options.backoff && { backoff: options.backoff }),
  });
  const running = new Set<AbortController>();
  const stopping = new AbortController();
  let started: Promise<void> | undefined;
  let cancelResync = () => {};
  metrics?.maxConcurrentReconciles.set({ controller: name }, workers);
  metrics?.activeWorkers.set({ controller: name }, 0);

  async function attempt(key: string): Promise<Result> {
    const abort = new AbortController();
    const cancel = clock.after(timeoutMs, () =>
      abort.abort(new TimedOut(`took longer than ${timeoutMs} ms`)),
    );
    running.add(abort);
    try {
      const result = await options.reconcile(key, abort.signal);
      return result;
    } catch (error) {
      // Whatever came of the abort, the cause was the abort.
      throw abort.signal.reason instanceof TimedOut ? abort.signal.reason : error;
    } finally {
      cancel();
      running.delete(abort);
    }
  }

  function succeeded(key: string, result: Result): void {
    queue.forget(key);
    const again = result?.requeueAfter;
    metrics?.reconcileTotal.inc({
      controller: name,
      result: again === undefined ? 'success' : 'requeue_after',
    });
    if (again !== undefined) queue.add(key, { after: Math.max(0, again) });
  }

  function failed(key: string, error: unknown): void {
    metrics?.reconcileTotal.inc({ controller: name, result: 'error' });
    metrics?.reconcileErrors.inc({ controller: name });
    if (isBug(error)) metrics?.reconcilePanics.inc({ controller: name });
    if (error instanceof TimedOut) metrics?.reconcileTimeouts.inc({ controller: name });
    if (error instanceof TerminalError) {
      queue.forget(key);
      metrics?.terminalErrors.inc({ controller: name });
      log.error(
        { key, error: messageOf(error) },
        'Reconcile failed; not trying again before the object changes',
      );
      return;
    }
    if (stopping.signal.aborted) {
      log.info({ key, error: messageOf(error) }, 'Reconcile was cut short by the stop');
      return;
    }
    const contended = isConflict(error) || error instanceof ContendedError;
    const waitMs = Math.round(queue.retry(key, contended ? { maxMs: CONTENDED_MAX_MS } : {}));
    const fields = { key, failures: queue.failures(key), waitMs, error: messageOf(error) };
    // Somebody else wrote first: daily business of conditional writes (R1).
    if (contended) log.debug(fields, 'Reconcile found a newer object; trying again');
    else
      log.warn(
        { ...fields, ...(isBug(error) && { stack: stackOf(error) }) },
        'Reconcile failed; trying again',
      );
  }

  async function work(): Promise<void> {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      const from = clock.monotonic();
      metrics?.activeWorkers.inc({ controller: name });
      try {
        succeeded(key, await attempt(key));
      } catch (error) {
        failed(key, error);
      } finally {
        queue.done(key);
        metrics?.activeWorkers.dec({ controller: name });
        metrics?.reconcileTime.observe({ controller: name }, (clock.monotonic() - from) / 1000);
      }
    }
  }

  async function synced(): Promise<void> {
    const { sources = [], syncTimeoutMs = 120_000 } = options;
    if (sources.length === 0) return;
    const late = Promise.withResolvers<never>();
    const cancel = clock.after(syncTimeoutMs, () => {
      late.reject(new Error(`Controller ${name}: caches were not synced within ${syncTimeoutMs} ms`));
    });
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await Promise.race([Promise.all(sources.map((source) => source.whenSynced())), late.promise, stopped]);
    } finally {
      cancel();
    }
  }

  function scheduleResync(): void {
    const { resync } = options;
    if (!resync) return;
    // ± 10 %, so that replicas and controllers do not all come at once.
    const wait = (resync.everyMs ?? RESYNC_MS) * (0.9 + 0.2 * random());
    cancelResync = clock.after(wait, () => {
      for (const key of resync.keys()) queue.add(key, { priority: PRIORITY_RESYNC });
      scheduleResync();
    });
  }

  async function run(): Promise<void> {
    await synced();
    if (stopping.signal.aborted) return;
    for (const key of options.begin?.() ?? []) queue.add(key, { priority: PRIORITY_RESYNC });
    scheduleResync();
    for (let index = 0; index < workers; index++) void work();
    log.info({ workers }, 'Started workers');
  }

  return {
    enqueue(key, add) {
      if (started !== undefined) queue.add(key, add);
    },
    start: () => (started ??= run()),
    async stop(graceMs = 15_000) {
      stopping.abort();
      cancelResync();
      const cancel = clock.after(graceMs, () => {
        for (const abort of running) abort.abort(new Error('Stopping'));
      });
      await queue.drain();
      cancel();
    },
  };
}

class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** What other languages call a panic: nothing the world did, but a mistake in the code. */
function isBug(error: unknown): boolean {
  return (
    !(error instanceof Error) ||
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof RangeError
  );
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
