import type { Timeline } from './timeline.ts';

/** What happened, for people. It is only written down when somebody wants to read it. */
export class Story {
  readonly #lines: string[] = [];
  readonly #timeline: Timeline;
  readonly #telling: boolean;
  #reader = '';

  constructor(timeline: Timeline, telling: boolean) {
    this.#timeline = timeline;
    this.#telling = telling;
  }

  /** @param who a process, or nobody */
  tell(who: string, what: string): void {
    if (!this.#telling) return;
    this.#reader = '';
    this.#lines.push(`${this.#timeline.told()} ${who === '' ? '' : `${who}: `}${what}`);
  }

  /** Reads in a row are told on one line. */
  reads(who: string, what: string): void {
    if (!this.#telling) return;
    if (this.#reader === who) {
      this.#lines.push(`${this.#lines.pop() ?? ''}, ${what}`);
      return;
    }
    this.tell(who, `reads ${what}`);
    this.#reader = who;
  }

  get telling(): boolean {
    return this.#telling;
  }

  text(most = 400): string {
    const left = this.#lines.length - most;
    const shown = left > 0 ? [`… ${left} lines before`, ...this.#lines.slice(left)] : this.#lines;
    return shown.join('\n');
  }
}
