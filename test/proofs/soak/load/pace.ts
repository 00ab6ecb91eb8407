/** How much of the load really happens: the machine may be busy with other things. */
import type { Reading } from '../probe/reading.ts';
import { RATE } from './load.ts';

export interface LoadPace {
  /** An operation ended. */
  ended(): void;
  /** Since the last call. */
  readings(): Reading[];
}

export function loadPace(now: () => number = () => performance.now()): LoadPace {
  let count = 0;
  let from = now();
  return {
    ended() {
      count += 1;
    },
    readings() {
      const minutes = (now() - from) / 60_000;
      const done = count / minutes;
      count = 0;
      from = now();
      return [
        { subject: 'load', what: 'operations a minute', value: done, life: '' },
        { subject: 'load', what: 'operations missing a minute', value: RATE * 60 - done, life: '' },
      ];
    },
  };
}
