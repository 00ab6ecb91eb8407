import { cloneBlock, emptyBlock } from './config-tree.ts';
import type { Block } from './config-tree.ts';
import type { Clock } from './clock.ts';
import { ConfigEditor } from './config-editor.ts';
import { unifiedDiff } from './diff.ts';
import { FaultBoard } from './faults.ts';
import type { Hardware } from './grammar.ts';
import type { Profile } from './profile.ts';
import { cleanConfig, hostnameOf, loadText, printBody, printConfig } from './running-config.ts';
import type { BadLine } from './running-config.ts';
import { MOST_PENDING, SessionTable } from './sessions.ts';
import type { Session } from './sessions.ts';

/** What the switch refuses to do, in its own words, without the leading `% `. */
export class CommandError extends Error {}

export interface Checkpoint {
  /** `ckp-20260101-0` */
  readonly name: string;
  readonly at: number;
  readonly user: string;
  readonly config: Block;
}

export interface CommitTimer {
  readonly session: string;
  readonly deadline: number;
  readonly before: Block;
  /** The committed configuration cut management off (a fault): nobody can log in until it is taken back. */
  readonly managementLost: boolean;
  readonly cancel: () => void;
}

export interface SwitchOptions {
  readonly hostname: string;
  readonly hardware: Hardware;
  readonly profile: Profile;
  readonly clock: Clock;
  readonly serial: string;
  /** Text of startup-config; undefined boots a clean switch that has just the hostname. */
  readonly startupConfig?: string | undefined;
  /** Called with the text whenever startup-config is written. May throw: the save then fails. */
  readonly persist?: ((text: string) => void) | undefined;
}

const MOST_CHECKPOINTS = 20;
const MOST_SHOWN = 500;

/** A running configuration that the switch had. */
export interface Shown {
  /** From 1, without gaps. */
  readonly number: number;
  /** Since when, in milliseconds since 1970. */
  readonly at: number;
  /** As `show running-config` prints it. */
  readonly text: string;
}

/** State and behaviour of one EOS switch, without any terminal. Facts: devices.md 1.1. */
export class Switch {
  readonly hardware: Hardware;
  readonly profile: Profile;
  readonly clock: Clock;
  readonly serial: string;
  readonly faults = new FaultBoard();
  readonly sessions = new SessionTable();
  /** Files of `flash:`. */
  readonly flash = new Map<string, string>();
  #running: Block = emptyBlock();
  #shown: Shown[] = [];
  startup: string | undefined;
  checkpoints: Checkpoint[] = [];
  timer: CommitTimer | undefined;
  booted: number;
  readonly #persist: ((text: string) => void) | undefined;
  #sessionCount = 0;

  constructor(options: SwitchOptions) {
    this.hardware = options.hardware;
    this.profile = options.profile;
    this.clock = options.clock;
    this.serial = options.serial;
    this.#persist = options.persist;
    this.startup = options.startupConfig ?? `hostname ${options.hostname}\n`;
    this.booted = this.clock.now();
    this.running = this.#boot();
  }

  #boot(): Block {
    const config = cleanConfig(this.hardware);
    // A line that does not load is logged and skipped, as on a real switch.
    loadText(config, this.hardware, this.startup ?? '');
    return config;
  }

  get running(): Block {
    return this.#running;
  }

  set running(config: Block) {
    this.#running = config;
    this.#remember();
  }

  /** The last running configurations, oldest first. What is typed in `configure terminal` makes none. */
  get shown(): readonly Shown[] {
    return this.#shown;
  }

  #remember(): void {
    const number = (this.#shown.at(-1)?.number ?? 0) + 1;
    this.#shown.push({ number, at: this.clock.now(), text: this.runningConfig() });
    if (this.#shown.length > MOST_SHOWN) this.#shown.shift();
  }

  get hostname(): string {
    return hostnameOf(this.running);
  }

  print(config: Block, command: string): string {
    const { model, version } = this.profile;
    return printConfig(config, { command, hostname: hostnameOf(config), model, version });
  }

  runningConfig(): string {
    return this.print(this.running, 'show running-config');
  }

  /** Power cycle: everything not saved is gone. */
  reload(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.sessions.clear();
    this.booted = this.clock.now();
    this.running = this.#boot();
  }

  editor(config: Block): ConfigEditor {
    return new ConfigEditor(config, this.hardware, (line) => this.#refuses(line));
  }

  #refuses(line: string): boolean {
    const pattern = this.faults.current.rejectLine;
    if (pattern === undefined || !new RegExp(pattern).test(line)) return false;
    return this.faults.strike('rejectLine') !== undefined;
  }

  load(config: Block, text: string): BadLine[] {
    return loadText(config, this.hardware, text, (line) => this.#refuses(line));
  }

  /** What someone at the console changes, outside any session. */
  configure(lines: readonly string[]): void {
    const [bad] = this.load(this.running, lines.join('\n'));
    this.#remember();
    if (bad !== undefined) throw new CommandError(`${bad.error} at line ${bad.number}`);
  }

  /** Enters a session, made anew (a copy of the running configuration) if there is none. */
  openSession(name: string | undefined, user: string, terminal: string): Session {
    this.sessions.expire(this.clock.now());
    const wanted = name ?? this.#unnamed();
    const known = this.sessions.get(wanted);
    if (known !== undefined && known.state !== 'pending' && known.state !== 'aborted') {
      const state = known.name === this.timer?.session ? 'pendingCommitTimer' : known.state;
      throw new CommandError(`Cannot enter session ${wanted} (already ${state})`);
    }
    if (known?.state === 'pending') {
      known.instances.set(terminal, user);
      return known;
    }
    if (this.sessions.pending() >= MOST_PENDING) {
      throw new CommandError(
        'Maximum number of pending sessions has been reached. Please commit or abort previous sessions before creating a new one.',
      );
    }
    const session: Session = {
      name: wanted,
      state: 'pending',
      config: cloneBlock(this.running),
      opened: this.clock.now(),
      instances: new Map([[terminal, user]]),
    };
    this.sessions.add(session);
    return session;
  }

  #unnamed(): string {
    this.#sessionCount += 1;
    return `sess-${1000 + this.#sessionCount}--${Math.floor(this.booted / 1000)}-${this.#sessionCount}`;
  }

  /** `rollback clean-config`. */
  cleanSession(session: Session): void {
    this.#alive(session);
    session.config = cleanConfig(this.hardware);
  }

  /** Unified diff of a session against the running configuration; empty when equal. */
  diff(session: Session): string {
    const lines = unifiedDiff(printBody(this.running), printBody(session.config));
    if (lines.length === 0) return '';
    return ['--- system:/running-config', `+++ session:/${session.name}-session-config`, ...lines].join('\n');
  }

  #alive(session: Session): void {
    if (this.sessions.get(session.name) !== session || session.state !== 'pending') {
      throw new CommandError(`Cannot commit session ${session.name}: it was aborted or committed`);
    }
  }

  /** `commit [timer]` of an open session. Last writer wins: what changed since it was opened is overwritten. */
  commit(session: Session, user: string, timerMs?: number): void {
    this.#alive(session);
    if (this.timer !== undefined) {
      throw new CommandError(
        `Cannot commit session ${session.name}: session ${this.timer.session} is pending commit timer`,
      );
    }
    const refusal = this.faults.strike('rejectCommit');
    if (refusal !== undefined) throw new CommandError(refusal);
    const before = this.running;
    this.#checkpoint(before, user);
    this.running = cloneBlock(session.config);
    session.instances.clear();
    session.committedBy = user;
    session.completed = this.clock.now();
    if (timerMs === undefined) this.#finish(session, 'completed');
    else this.#arm(session, before, timerMs);
  }

  #arm(session: Session, before: Block, timerMs: number): void {
    session.state = this.profile.timerAtTop ? 'committed' : 'pendingCommitTimer';
    const cancel = this.clock.after(timerMs, () => this.#restore());
    const managementLost = this.timer?.managementLost ?? this.faults.strike('managementLoss') !== undefined;
    const deadline = this.clock.now() + timerMs;
    this.timer = { session: session.name, deadline, before, managementLost, cancel };
  }

  #finish(session: Session, state: 'completed' | 'aborted'): void {
    session.state = state;
    session.completed = this.clock.now();
    session.instances.clear();
    this.sessions.forgetOld();
  }

  /** Takes back what the armed session did. */
  #restore(): void {
    const timer = this.timer;
    if (timer === undefined) return;
    timer.cancel();
    this.timer = undefined;
    this.running = timer.before;
    const session = this.sessions.get(timer.session);
    if (session !== undefined) this.#finish(session, 'aborted');
  }

  /** `configure session NAME commit [timer]` from exec: confirms an armed session, commits a pending one. */
  commitByName(name: string, user: string, timerMs?: number): void {
    const session = this.#named(name);
    if (this.timer?.session !== name) {
      this.commit(session, user, timerMs);
      return;
    }
    if (timerMs !== undefined) {
      // The timer is set anew; the way back stays what it was.
      const { before, cancel } = this.timer;
      cancel();
      this.#arm(session, before, timerMs);
      return;
    }
    this.timer.cancel();
    this.timer = undefined;
    this.#finish(session, 'completed');
  }

  /** `configure session NAME abort`, and `abort` inside it. An armed session is taken back. */
  abortByName(name: string): void {
    const session = this.#named(name);
    if (this.timer?.session === name) this.#restore();
    else if (session.state === 'pending') this.#finish(session, 'aborted');
    else throw new CommandError(`Cannot abort session ${name} (already ${session.state})`);
  }

  #named(name: string): Session {
    this.sessions.expire(this.clock.now());
    const session = this.sessions.get(name);
    if (session === undefined) throw new CommandError(`Session ${name} not found`);
    return session;
  }

  /** Every commit leaves a checkpoint of what was before. */
  #checkpoint(config: Block, user: string): void {
    const at = this.clock.now();
    const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
    const number = this.checkpoints.filter(({ name }) => name.startsWith(`ckp-${day}-`)).length;
    const last = this.checkpoints.at(-1)?.name.split('-').at(-1);
    const next = number === 0 ? 0 : Number(last) + 1;
    this.checkpoints.push({ name: `ckp-${day}-${next}`, at, user, config: cloneBlock(config) });
    this.checkpoints = this.checkpoints.slice(-MOST_CHECKPOINTS);
  }

  saveCheckpoint(name: string, user: string): void {
    this.checkpoints = this.checkpoints.filter((checkpoint) => checkpoint.name !== name);
    this.checkpoints.push({ name, at: this.clock.now(), user, config: cloneBlock(this.running) });
  }

  /** `configure checkpoint restore NAME`: at once, without a diff. */
  restoreCheckpoint(name: string): void {
    const checkpoint = this.checkpoints.find((candidate) => candidate.name === name);
    if (checkpoint === undefined) throw new CommandError(`Checkpoint ${name} not found`);
    if (this.timer !== undefined) {
      throw new CommandError(`Cannot restore: session ${this.timer.session} is pending commit timer`);
    }
    this.running = cloneBlock(checkpoint.config);
  }

  /** `configure replace`: the running configuration becomes the text, or nothing happens. */
  replace(text: string, user: string): void {
    const config = cleanConfig(this.hardware);
    const [bad] = this.load(config, text);
    if (bad !== undefined) throw new CommandError(`${bad.error} at line ${bad.number}`);
    this.#checkpoint(this.running, user);
    this.running = config;
  }

  /** `write memory`. */
  save(): void {
    if (this.faults.strike('saveFails') !== undefined) {
      throw new CommandError(
        'Error copying system:/running-config to flash:/startup-config (No space left on device)',
      );
    }
    const text = `${this.runningConfig()}\n`;
    this.#persist?.(text);
    this.startup = text;
  }
}
