/** How long a call may take: a timeout and the signals of those who may lose interest, as one signal. */
import type { Clock } from './clock.ts';

export interface Limit {
  signal: AbortSignal;
  timedOut(): boolean;
  stopTimer(): void;
  done(): void;
}

/** One signal out of a timeout and other signals, without leaving listeners on those. */
export function limit(clock: Clock, timeoutMs: number, signals: readonly (AbortSignal | undefined)[]): Limit {
  const controller = new AbortController();
  let timedOut = false;
  const stopTimer = clock.after(timeoutMs, () => {
    timedOut = true;
    controller.abort(new Error(`no answer within ${timeoutMs} ms`));
  });
  const forward = (event: Event) => {
    controller.abort((event.target as AbortSignal).reason);
  };
  for (const signal of signals) {
    if (signal?.aborted) controller.abort(signal.reason);
    signal?.addEventListener('abort', forward);
  }
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    stopTimer,
    done() {
      stopTimer();
      for (const signal of signals) signal?.removeEventListener('abort', forward);
    },
  };
}

/** A credential plug-in may hang; nobody has to wait for it longer than for the call. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
