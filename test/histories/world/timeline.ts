/** A timer of a process, or of a switch. */
export interface Timer {
  at: number;
  fire(): void;
}

const START = Date.parse('2026-01-01T00:00:00Z');

/** Simulated time, the same for all; processes differ only in what their wall clocks show. */
export class Timeline {
  /** Milliseconds since 1970. */
  now = START;
  readonly #timers = new Set<Timer>();

  add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** The timer that falls due first. */
  next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }

  take(timer: Timer): void {
    this.#timers.delete(timer);
  }

  /** `+12.345s` since the beginning. */
  told(): string {
    return `+${((this.now - START) / 1000).toFixed(3)}s`;
  }
}
