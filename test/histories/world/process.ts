import type { Clock } from '../../../lib/kube/clock.ts';
import type { Random } from './random.ts';
import { randomFrom } from './random.ts';
import type { Timer, Timeline } from './timeline.ts';

export type Role =
  | 'interface-watcher'
  | 'device-watcher'
  | 'scheduler'
  | 'webhook'
  | 'enforcer'
  | 'tenant'
  | 'node'
  | 'network-team'
  | 'switch';

/** People and the node cannot die; they can only be slow. */
const IMMORTAL: ReadonlySet<Role> = new Set(['tenant', 'node', 'network-team', 'switch']);

/** Something that runs, can stand still, and can die at any moment. */
export class Process {
  readonly name: string;
  readonly role: Role;
  readonly random: Random;
  readonly clock: Clock;
  /** Once dead, nothing of it is heard again. */
  alive = true;
  /** It stands still: no call of its goes out or comes back, no timer fires. */
  held = false;
  /** Its watches, or the watch of one kind, show nothing new: its caches are stale. */
  lagging: boolean | string = false;
  /** Timers that fell due while it stood still. */
  readonly overdue: Timer[] = [];
  readonly #timeline: Timeline;
  readonly #timers = new Set<() => void>();

  /** @param skew milliseconds by which its wall clock is ahead */
  constructor(name: string, role: Role, timeline: Timeline, skew: number, seed: number) {
    this.name = name;
    this.role = role;
    this.#timeline = timeline;
    this.random = randomFrom(seed);
    this.clock = {
      now: () => Math.floor(timeline.now + skew),
      monotonic: () => timeline.now,
      after: (ms, fn) => this.#after(ms, fn),
    };
  }

  get mortal(): boolean {
    return !IMMORTAL.has(this.role);
  }

  die(): void {
    this.alive = false;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.overdue.length = 0;
  }

  #after(ms: number, fn: () => void): () => void {
    let done = false;
    const cancel = (): void => {
      done = true;
      remove();
      this.#timers.delete(cancel);
    };
    const timer: Timer = {
      at: this.#timeline.now + Math.max(0, ms),
      fire: () => {
        if (done || !this.alive) return;
        if (this.held) {
          this.overdue.push(timer);
          return;
        }
        cancel();
        fn();
      },
    };
    const remove = this.#timeline.add(timer);
    this.#timers.add(cancel);
    return cancel;
  }
}
