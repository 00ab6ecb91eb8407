import type { Log } from '../../lib/kube/log.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import { messageOf } from '../../lib/kube/errors.ts';

/** What on-call reads: one line per step, with how long it took. */
export interface Journal {
  readonly log: Log;
  /** Runs a step and logs it: `said` may add fields and words once it is done. */
  step<T>(
    step: string,
    run: () => Promise<T>,
    said?: (value: T) => { message: string } & Record<string, unknown>,
  ): Promise<T>;
}

export function journal(log: Log, clock: Pick<Clock, 'monotonic'>): Journal {
  return {
    log,
    async step(step, run, said) {
      const start = clock.monotonic();
      const ms = (): number => Math.round((clock.monotonic() - start) * 10) / 10;
      try {
        const value = await run();
        const { message, ...fields } = said?.(value) ?? { message: step };
        log.info({ step, ms: ms(), ...fields }, message);
        return value;
      } catch (error) {
        log.warn({ step, ms: ms() }, `${step}: ${messageOf(error)}`);
        throw error;
      }
    },
  };
}
