import type { LoadProblem, SessionState } from '../../../services/enforcer/driver.ts';
import { DriverError } from '../../../services/enforcer/driver.ts';
import type { World } from '../world/world.ts';

/** Which ledger a configuration was made from: the Device and its generation. */
export interface LedgerVersion {
  readonly uid: string;
  readonly generation: number;
}

/** By port: whose claim it shows. */
export type Shown = ReadonlyMap<string, { readonly uid: string; readonly generation: number }>;

/** What a switch keeps while nobody works on it. */
export interface SwitchState {
  readonly running: string;
  readonly startup: string;
  readonly version: LedgerVersion | undefined;
}

interface Session {
  text: string;
  version: LedgerVersion | undefined;
}

/** A VLAN that no switch takes: the line that declares it is refused. */
export const REFUSED_VLAN = 666;
/** A VLAN that is taken, but the switch then shows something else: the commit fails its check. */
export const BROKEN_VLAN = 777;
/** Word that no switch takes anywhere. */
export const REFUSED_WORD = 'nonsense';
/** More VLANs than this in one configuration are refused, and no line tells why. */
export const MOST_VLANS = 2;

/** A switch with sessions by name and one commit timer, as `Driver` describes it. */
export class Switch {
  readonly name: string;
  running: string;
  startup: string;
  /** Made from which ledger the running configuration was; undefined when nobody knows. */
  version: LedgerVersion | undefined;
  /** The running configuration was changed by somebody else, or lost in a reboot, since the last confirm. */
  disturbed = false;
  /** Changes when all connections are cut. */
  lines = 0;
  readonly #world: World;
  readonly #sessions = new Map<string, Session>();
  #timer: { session: string; before: string; version: LedgerVersion | undefined; cancel(): void } | undefined;
  #startupVersion: LedgerVersion | undefined;
  /** Told of each commit, with what was shown before. */
  readonly onCommit: ((before: Shown) => void)[] = [];
  /** Told when the running configuration is another one. */
  readonly onChange: (() => void)[] = [];

  constructor(name: string, world: World, initial: SwitchState) {
    this.name = name;
    this.#world = world;
    this.running = initial.running;
    this.startup = initial.startup;
    this.version = initial.version;
    this.#startupVersion = initial.version;
  }

  sessions(): SessionState {
    return {
      sessions: [...this.#sessions.keys()].map((name) => ({ name, pending: true })),
      ...(this.#timer === undefined ? {} : { timer: this.#timer.session }),
    };
  }

  open(name: string, version: LedgerVersion | undefined): void {
    this.#sessions.set(name, { text: '', version });
  }

  load(name: string, text: string): LoadProblem[] {
    const session = this.#session(name);
    session.text = text;
    const problems: LoadProblem[] = [];
    const vlans = new Set<string>();
    for (const [index, line] of text.split('\n').entries()) {
      if (/^vlan \d+$/.test(line)) vlans.add(line);
      if (line === `vlan ${REFUSED_VLAN}` || line.includes(REFUSED_WORD)) {
        problems.push({ line: index + 1, text: line, message: '% Invalid input' });
      }
    }
    if (problems.length === 0 && vlans.size > MOST_VLANS)
      problems.push({ message: '% No room for more VLANs' });
    return problems;
  }

  print(name: string): string {
    return printed(this.#session(name).text);
  }

  diff(name: string): string {
    return this.print(name) === this.running ? '' : `-${this.running}\n+${this.print(name)}`;
  }

  commit(name: string, seconds: number): void {
    const session = this.#session(name);
    if (this.#timer !== undefined) throw new DriverError('limit', 'another commit timer is running');
    const { running: before, version } = this;
    const cancel = this.#world.timeline.add({
      at: this.#world.timeline.now + seconds * 1000,
      fire: () => {
        this.#world.story.tell(this.name, 'commit timer ran out');
        this.#revert();
      },
    });
    this.#timer = { session: name, before, version, cancel };
    const shown = this.shown();
    const print = printed(session.text);
    this.#change(
      print.replace(`switchport access vlan ${BROKEN_VLAN}`, 'switchport access vlan 1'),
      session.version,
    );
    for (const told of this.onCommit) told(shown);
  }

  confirm(name: string): void {
    if (this.#timer?.session !== name)
      throw new DriverError('refused', `session ${name} does not wait for a confirm`);
    this.#timer.cancel();
    this.#timer = undefined;
    this.#sessions.delete(name);
    this.disturbed = false;
    for (const told of this.onChange) told();
  }

  abort(name: string): void {
    this.#sessions.delete(name);
    if (this.#timer?.session === name) this.#revert();
  }

  save(): void {
    this.startup = this.running;
    this.#startupVersion = this.version;
  }

  /** Forgets sessions, the timer and what was not saved. */
  reboot(): void {
    this.#sessions.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.lines += 1;
    if (this.running === this.startup) return;
    this.disturbed = true;
    this.#change(this.startup, this.#startupVersion);
  }

  /** All connections are cut. */
  cut(): void {
    this.lines += 1;
  }

  /** A person changes it by hand. */
  edit(line: string): void {
    if (this.#timer !== undefined) return;
    this.disturbed = true;
    this.#change(`${this.running}\n${line}`, this.version);
  }

  /** What each port shows: `uid@generation`; parked and unused ports are absent. */
  shown(): Shown {
    const found = new Map<string, { uid: string; generation: number }>();
    let port: string | undefined;
    for (const line of this.running.split('\n')) {
      port = /^interface Ethernet(\S+)$/.exec(line)?.[1] ?? (line.startsWith(' ') ? port : undefined);
      const [, uid, generation] = /^ +description (\S+)@(\d+)$/.exec(line) ?? [];
      if (port !== undefined && uid !== undefined) found.set(port, { uid, generation: Number(generation) });
    }
    return found;
  }

  /** For the story. */
  told(): string {
    const ports = [...this.shown()].map(([port, { uid, generation }]) => `${port}: ${uid}@${generation}`);
    return ports.length === 0 ? 'nothing of tenants' : ports.join(', ');
  }

  get armed(): boolean {
    return this.#timer !== undefined;
  }

  #revert(): void {
    if (this.#timer === undefined) return;
    const { session, before, version, cancel } = this.#timer;
    cancel();
    this.#timer = undefined;
    this.#sessions.delete(session);
    this.#change(before, version);
  }

  #change(running: string, version: LedgerVersion | undefined): void {
    this.running = running;
    this.version = version;
    this.#world.story.tell(this.name, `shows ${this.told()}`);
    for (const told of this.onChange) told();
  }

  #session(name: string): Session {
    const session = this.#sessions.get(name);
    if (session === undefined) throw new DriverError('refused', `there is no session ${name}`);
    return session;
  }
}

/** As a switch prints it: without comments. */
function printed(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '' && line !== '!')
    .join('\n');
}
