import type { InventoryDevice } from '../../lib/inventory/device.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import type { Api } from './api.ts';
import type { Driver } from './driver.ts';
import type { Journal } from './journal.ts';
import type { Censor } from './redact.ts';

/** One device's push: what to push, with what, and until when. */
export interface Push {
  device: InventoryDevice;
  driver: Driver;
  api: Api;
  /** Name of the Job, for `attempted.job`. */
  job: string;
  /** Asked for by name: holds do not count. */
  asked: boolean;
  /** Unique to this push. */
  identity: string;
  journal: Journal;
  clock: Clock;
  /** Cuts our credentials out of text. */
  hide: Censor;
  /** Monotonic milliseconds after which nothing new is begun. */
  deadline: number;
  /** The Job is to stop: what was begun is ended, nothing new is begun. */
  signal: AbortSignal;
}
