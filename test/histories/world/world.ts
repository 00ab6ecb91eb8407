import type { Fate } from './fate.ts';
import { Process } from './process.ts';
import type { Role } from './process.ts';
import type { Random } from './random.ts';
import { pick, randomFrom } from './random.ts';
import { Story } from './story.ts';
import { Timeline } from './timeline.ts';

/** The next thing that can happen: a call that arrives, events that a watch delivers. */
export interface Turn {
  readonly process: Process;
  /** Such as `put devices/status` or `switch commit`: what traps match. */
  readonly kind: string;
  /** Order of asking. */
  readonly seq: number;
  /** For the story: about what. */
  readonly about: string;
  take(fate: Fate): void;
  /** Nobody waits for it any more, but it is on its way. */
  ghost?: boolean;
}

/** A watch with undelivered events. */
export interface Source {
  readonly process: Process;
  /** Turn that delivers what waits; undefined when nothing does, or nobody listens at the moment. */
  turn(): Turn | undefined;
  /** Time has passed. */
  tick(): void;
}

/** What was found to be broken. */
export interface Violation {
  property: string;
  what: string;
}

/** Caught in the very moment before a call: what then happens to the process or the call. */
export interface Trap {
  readonly role: Role;
  /** Begin of a turn's kind and what it is about, such as `put devices d1`; empty: any. */
  readonly kind: string;
  /** `pause after`: it stands still with the answer in hand. */
  readonly fate: 'pause' | 'pause after' | 'die before' | 'die after' | Exclude<Fate, 'happens'>;
}

/** Everything that runs, and which of it goes on next. Nothing in here knows what the processes are for. */
export class World {
  readonly timeline = new Timeline();
  readonly story: Story;
  readonly processes: Process[] = [];
  readonly sources = new Set<Source>();
  readonly turns = new Map<number, Turn>();
  readonly traps: Trap[] = [];
  /** Told when a process has died. */
  readonly onDeath: ((process: Process) => void)[] = [];
  violation: Violation | undefined;
  steps = 0;
  #seq = 0;
  readonly #seed: number;

  constructor(seed: number, telling: boolean) {
    this.#seed = seed;
    this.story = new Story(this.timeline, telling);
  }

  start(name: string, role: Role, skew = 0): Process {
    const process = new Process(name, role, this.timeline, skew, this.#seed + this.processes.length * 7919);
    this.processes.push(process);
    return process;
  }

  living(role: Role): Process[] {
    return this.processes.filter((process) => process.alive && process.role === role);
  }

  nextSeq(): number {
    return ++this.#seq;
  }

  /** Puts a turn in the queue. What a dead process still asks for goes nowhere. */
  queue(turn: Omit<Turn, 'seq'>): Turn {
    const queued: Turn = { ...turn, seq: this.nextSeq() };
    if (turn.process.alive || turn.ghost === true) this.turns.set(queued.seq, queued);
    return queued;
  }

  /** Waits for its turn, then runs. Rejects with what `run` throws; never settles when the process dies before. */
  turn<T>(process: Process, kind: string, about: string, run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.queue({
        process,
        kind,
        about,
        take: () => {
          try {
            const value = run();
            if (process.alive) resolve(value);
          } catch (error) {
            if (process.alive) reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
      });
    });
  }

  violate(property: string, what: string): void {
    if (this.violation !== undefined) return;
    this.violation = { property, what };
    this.story.tell('', `BROKEN: ${property}: ${what}`);
  }

  /** @param last a call of it that still arrives */
  kill(process: Process, why: string, last?: Turn): void {
    if (!process.alive) return;
    this.story.tell(process.name, why);
    process.die();
    last?.take('answer lost');
    for (const [seq, turn] of this.turns)
      if (turn.process === process && turn.ghost !== true) this.turns.delete(seq);
    for (const source of this.sources) if (source.process === process) this.sources.delete(source);
    for (const told of this.onDeath) told(process);
  }

  hold(process: Process): void {
    if (process.held || !process.alive) return;
    process.held = true;
    this.story.tell(process.name, 'stands still');
  }

  /** Timers that fell due meanwhile fire first, as in a process that wakes up. */
  resume(process: Process): void {
    if (!process.held) return;
    process.held = false;
    this.story.tell(process.name, 'goes on');
    for (const timer of process.overdue.splice(0)) timer.fire();
  }

  /** What can happen now, oldest first. */
  eligible(): Turn[] {
    const found: Turn[] = [];
    for (const turn of this.turns.values()) {
      if (turn.ghost === true || (turn.process.alive && !turn.process.held)) found.push(turn);
    }
    for (const source of this.sources) {
      const { process } = source;
      if (!process.alive || process.held || process.lagging === true) continue;
      const turn = source.turn();
      if (turn !== undefined && turn.about !== process.lagging) found.push(turn);
    }
    return found.sort((a, b) => a.seq - b.seq);
  }

  /**
   * Takes some steps. Time goes on by a millisecond with each, and to the next timer when nothing else can happen.
   * @param order 0: in the order of asking; else the seed of a random one
   */
  async run(steps: number, order: number): Promise<void> {
    const random = order === 0 ? undefined : randomFrom(order);
    for (let step = 0; step < steps && this.violation === undefined; step += 1) {
      if (await this.#step(random)) continue;
      const timer = this.timeline.next();
      if (timer === undefined) return;
      await this.passUntil(timer.at);
    }
  }

  /** Takes one step, if anything can happen without waiting. */
  async #step(random: Random | undefined): Promise<boolean> {
    const turns = this.eligible();
    const [oldest] = turns;
    if (oldest === undefined) return false;
    const turn = random === undefined ? oldest : choose(random, turns);
    this.steps += 1;
    this.#take(turn);
    await settled();
    await this.passUntil(this.timeline.now + 1);
    return true;
  }

  /** Goes on without faults until nothing happens before the next timer. @returns false when it did not end */
  async calm(most: number): Promise<boolean> {
    for (let step = 0; step < most; step += 1) {
      if (this.violation !== undefined || !(await this.#step(undefined))) return true;
    }
    return false;
  }

  /** Lets time pass; timers fire in order. */
  async passUntil(moment: number): Promise<void> {
    for (
      let timer = this.timeline.next();
      timer !== undefined && timer.at <= moment;
      timer = this.timeline.next()
    ) {
      this.timeline.now = Math.max(this.timeline.now, timer.at);
      this.timeline.take(timer);
      timer.fire();
      await settled();
    }
    this.timeline.now = Math.max(this.timeline.now, moment);
    for (const source of this.sources) source.tick();
  }

  #take(turn: Turn): void {
    this.turns.delete(turn.seq);
    const { process } = turn;
    const index = turn.ghost === true ? -1 : this.traps.findIndex((trap) => matches(trap, turn));
    const [trap] = index === -1 ? [] : this.traps.splice(index, 1);
    if (trap === undefined) {
      turn.take('happens');
      return;
    }
    const fate = trap.fate.startsWith('die') && !process.mortal ? 'pause' : trap.fate;
    switch (fate) {
      case 'pause':
        this.turns.set(turn.seq, turn);
        this.story.tell(process.name, `is about to: ${turn.kind} ${turn.about}`);
        this.hold(process);
        return;
      case 'pause after':
        this.story.tell(process.name, `has done: ${turn.kind} ${turn.about}`);
        turn.take('happens');
        this.hold(process);
        return;
      case 'die before':
        this.kill(process, `dies before: ${turn.kind} ${turn.about}`);
        return;
      case 'die after':
        this.kill(process, `dies after: ${turn.kind} ${turn.about}`, turn);
        return;
      default:
        this.story.tell(process.name, `${fate}: ${turn.kind} ${turn.about}`);
        turn.take(fate);
    }
  }
}

function matches(trap: Trap, turn: Turn): boolean {
  return (
    trap.role === turn.process.role &&
    turn.kind !== 'watch' &&
    `${turn.kind} ${turn.about}`.startsWith(trap.kind)
  );
}

/** A process first, so that a busy one does not crowd out the others. */
function choose(random: Random, turns: readonly Turn[]): Turn {
  const process = pick(random, [...new Set(turns.map((turn) => turn.process))]);
  return pick(
    random,
    turns.filter((turn) => turn.process === process),
  );
}

/** Everything that can go on without another turn has gone on: all queues of the runtime are empty. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
