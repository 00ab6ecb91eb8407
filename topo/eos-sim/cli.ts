import { matchPattern, words } from './command-pattern.ts';
import type { Match } from './command-pattern.ts';
import type { Answer, ExecCommand } from './command.ts';
import type { ConfigEditor } from './config-editor.ts';
import type { Block } from './config-tree.ts';
import { EXEC_COMMANDS, parseTimer } from './exec-commands.ts';
import { splitPipe } from './pipe.ts';
import { SHOW_COMMANDS } from './show-commands.ts';
import type { Session } from './sessions.ts';
import { CommandError } from './switch.ts';
import type { Switch } from './switch.ts';

const COMMANDS: readonly ExecCommand[] = [...EXEC_COMMANDS, ...SHOW_COMMANDS];

/** All that `copy terminal:` may collect, bytes. */
const LARGEST_COPY = 8 * 1024 * 1024;
const PRIVILEGED = 15;

export interface Login {
  readonly user: string;
  /** 15 starts at `host#`. */
  readonly privilege: number;
  /** `vty5` */
  readonly terminal: string;
  readonly enablePassword?: string | undefined;
}

/** What one line led to. */
export interface Reply {
  /** With its newlines, `\n`. */
  readonly output: string;
  /** Present when the line was refused: the text after `% `. */
  readonly error?: string;
  /** What `| json` or eAPI's json format answers; undefined where the command has no such form. */
  readonly json?: unknown;
  /** The CLI ended: by `exit`, or broken off by a fault. */
  readonly close?: 'exit' | 'break';
}

interface Configuring {
  readonly editor: ConfigEditor;
  /** What the editor changes. */
  readonly root: Block;
  readonly session: Session | undefined;
}

interface Collecting {
  readonly target: 'session' | 'running';
  readonly lines: string[];
  bytes: number;
}

/** Signals that a fault cuts the connection in the middle of a command. */
class Broken extends Error {}

/** One CLI session: modes, prompts and commands, independent of how lines come in. */
export class Cli {
  readonly device: Switch;
  readonly user: string;
  readonly terminal: string;
  privileged: boolean;
  /** Lines a page; 0 never stops. */
  pageLength = 0;
  readonly #enablePassword: string | undefined;
  #configuring: Configuring | undefined;
  #collecting: Collecting | undefined;
  #asksPassword = false;
  #close: 'exit' | 'break' | undefined;

  constructor(device: Switch, login: Login) {
    this.device = device;
    this.user = login.user;
    this.terminal = login.terminal;
    this.privileged = login.privilege >= PRIVILEGED;
    this.#enablePassword = login.enablePassword;
  }

  /** Empty while text is being collected. */
  get prompt(): string {
    if (this.#asksPassword) return 'Password: ';
    if (this.#collecting !== undefined || this.#configuring?.editor.collecting === true) return '';
    const host = this.device.hostname;
    if (this.#configuring === undefined) return `${host}${this.privileged ? '#' : '>'}`;
    const { session, editor } = this.#configuring;
    const parts = ['config'];
    // Recorded: the session's name is cut to six characters.
    if (session !== undefined) parts.push(`s-${session.name.slice(0, 6)}`);
    if (editor.label !== '') parts.push(editor.label);
    return `${host}(${parts.join('-')})#`;
  }

  /** The next line is a password: no echo. */
  get hidden(): boolean {
    return this.#asksPassword;
  }

  /** Ctrl-D ends what is being collected instead of logging out. */
  get collecting(): boolean {
    return this.#collecting !== undefined;
  }

  /** One line of input without its newline. */
  line(text: string): Reply {
    if (this.#asksPassword) return this.#password(text);
    if (this.#collecting !== undefined) return this.#collectLine(this.#collecting, text);
    if (this.#configuring?.editor.collecting === true) return this.#run(() => this.#feed(text));
    return this.#run(() => this.#dispatch(text.trim()));
  }

  /** Ctrl-D. */
  endOfInput(): Reply {
    const collecting = this.#collecting;
    if (collecting === undefined) {
      this.logout();
      return this.#run(() => undefined);
    }
    this.#collecting = undefined;
    return this.#run(() => ({ text: this.loadInto(collecting.target, collecting.lines.join('\n')) }));
  }

  /** Ctrl-C: whatever is half typed or collected is thrown away. */
  interrupt(): void {
    this.#collecting = undefined;
    this.#asksPassword = false;
    if (this.#configuring?.editor.collecting === true) this.#configuring.editor.reset();
  }

  /** The connection is gone; a session it was in stays pending. */
  close(): void {
    this.#configuring?.session?.instances.delete(this.terminal);
    this.#configuring = undefined;
  }

  #run(action: () => Answer | undefined): Reply {
    try {
      const answer = action();
      const json = answer?.json ?? (answer?.text === undefined ? {} : undefined);
      const reply = { output: ended(answer?.text ?? ''), json };
      return this.#close === undefined ? reply : { ...reply, close: this.#close };
    } catch (error) {
      if (error instanceof Broken) return { output: '', close: 'break' };
      if (!(error instanceof CommandError)) throw error;
      return { output: `% ${error.message}\n`, error: error.message };
    }
  }

  #dispatch(line: string): Answer | undefined {
    if (line === '' || (line.startsWith('!') && !line.startsWith('!!'))) return undefined;
    if (this.#configuring === undefined) return this.#exec(line, false);
    const { session, root } = this.#configuring;
    // A commit put another configuration in place of the one being edited.
    if (session === undefined && root !== this.device.running) this.configure();
    return this.#config(this.#configuring, line);
  }

  #exec(line: string, inConfig: boolean): Answer | undefined {
    const piped = splitPipe(line);
    const { command, match } = this.#find(piped.command, inConfig);
    if (command.privileged === true && !this.privileged) {
      throw new CommandError('Invalid input (privileged mode required)');
    }
    const answer = command.run(this, match.args);
    if (!piped.json)
      return answer === undefined ? undefined : { ...answer, text: piped.filter(answer.text ?? '') };
    if (answer?.json === undefined) throw new CommandError('This is an unconverted command');
    return { text: JSON.stringify(answer.json, null, 4), json: answer.json };
  }

  #find(line: string, inConfig: boolean): { command: ExecCommand; match: Match } {
    const typed = words(line);
    const found: { command: ExecCommand; match: Match }[] = [];
    let incomplete = false;
    for (const command of COMMANDS) {
      if (inConfig && command.execOnly === true) continue;
      const outcome = matchPattern(command.pattern, line, typed, command.required);
      if (outcome === undefined) continue;
      if ('incomplete' in outcome) incomplete = true;
      else found.push({ command, match: outcome.match });
    }
    const best = Math.max(...found.map(({ match }) => match.exact));
    const [first, ...others] = found.filter(({ match }) => match.exact === best);
    if (first === undefined) throw new CommandError(incomplete ? 'Incomplete command' : 'Invalid input');
    if (others.length > 0) throw new CommandError('Ambiguous command');
    return first;
  }

  #config(configuring: Configuring, line: string): Answer | undefined {
    const { editor, session } = configuring;
    const lower = line.toLowerCase();
    if (lower === 'end') return this.#leave();
    if (lower === 'exit') return editor.exit() ? undefined : this.#leave();
    if (session !== undefined) {
      const [verb, ...rest] = words(lower).map(({ text }) => text);
      if (verb === 'commit') return this.#commit(session, rest);
      if (verb === 'abort' && rest.length === 0) return this.#abort(configuring, session);
      if (verb === 'rollback' && rest.length === 1 && rest[0] === 'clean-config') {
        this.device.cleanSession(session);
        // The editor still holds the configuration that was thrown away.
        this.#edit(session.config, session);
        return undefined;
      }
    }
    const feedback = editor.feed(line);
    if (feedback.ok) return feedback.output === undefined ? undefined : { text: feedback.output };
    if (feedback.error !== 'Invalid input') throw new CommandError(feedback.error);
    return this.#exec(line, true);
  }

  #feed(text: string): Answer | undefined {
    const feedback = this.#configuring?.editor.feed(text);
    if (feedback?.ok === false) throw new CommandError(feedback.error);
    return undefined;
  }

  #leave(): undefined {
    this.close();
    return undefined;
  }

  #commit(session: Session, rest: readonly string[]): undefined {
    const [word, timer] = rest;
    if (word !== undefined && (!'timer'.startsWith(word) || rest.length > 2))
      throw new CommandError('Invalid input');
    if (word !== undefined && timer === undefined) throw new CommandError('Incomplete command');
    const ms = word === undefined ? undefined : parseTimer(timer);
    this.committing(() => this.device.commit(session, this.user, ms));
    this.#configuring = undefined;
    return undefined;
  }

  #abort(configuring: Configuring, session: Session): undefined {
    if (configuring.editor.label !== '' && !this.device.profile.abortsFromSubmode) {
      configuring.editor.exit();
      return undefined;
    }
    this.#configuring = undefined;
    if (session.state === 'pending') this.device.abortByName(session.name);
    return undefined;
  }

  #password(text: string): Reply {
    this.#asksPassword = false;
    return this.#run(() => {
      if (text !== this.#enablePassword) throw new CommandError('Bad secret');
      this.privileged = true;
      return undefined;
    });
  }

  #collectLine(collecting: Collecting, text: string): Reply {
    collecting.bytes += text.length + 1;
    if (collecting.bytes > LARGEST_COPY) {
      this.#collecting = undefined;
      return this.#run(() => {
        throw new CommandError('Error copying terminal: (File too large)');
      });
    }
    collecting.lines.push(text);
    return { output: '' };
  }

  // What commands do to the CLI they run in.

  enable(): void {
    if (this.privileged) return;
    if (this.#enablePassword === undefined) this.privileged = true;
    else this.#asksPassword = true;
  }

  disable(): void {
    this.privileged = false;
  }

  logout(): void {
    this.#close = 'exit';
  }

  configure(): void {
    this.#edit(this.device.running, undefined);
  }

  #edit(root: Block, session: Session | undefined): void {
    this.#configuring = { editor: this.device.editor(root), root, session };
  }

  configureSession(name: string | undefined): void {
    if (name !== undefined && !/^[\w.:@+-]{1,63}$/.test(name)) throw new CommandError('Invalid input');
    const session = this.device.openSession(name, this.user, this.terminal);
    this.#edit(session.config, session);
  }

  /** The session by name, or the one this CLI is in. @throws CommandError */
  session(name?: string): Session {
    const session = name === undefined ? this.#configuring?.session : this.device.sessions.get(name);
    if (session === undefined) {
      throw new CommandError(
        name === undefined ? 'Not in a configuration session' : `Session ${name} not found`,
      );
    }
    return session;
  }

  /** Starts `copy terminal:`. */
  collect(target: 'session' | 'running'): void {
    this.#collecting = { target, lines: [], bytes: 0 };
  }

  /** Loads a text; bad lines are reported and yet the copy "completes successfully" (devices.md 1.1). */
  loadInto(target: 'session' | 'running', text: string): string {
    const config = target === 'session' ? this.session().config : this.device.running;
    const lines = this.device
      .load(config, text)
      .flatMap((bad) => [`> ${bad.text}`, `% ${bad.error} at line ${bad.number}`]);
    const refusal = this.device.faults.strike('rejectLoad');
    if (refusal !== undefined) lines.push(`% ${refusal}`);
    return [...lines, 'Copy completed successfully.'].join('\n');
  }

  /** A commit with the faults that may break the connection around it. */
  committing(commit: () => void): void {
    const when = this.device.faults.strike('disconnectAtCommit');
    if (when === 'before') throw new Broken();
    commit();
    if (when === 'after') throw new Broken();
  }
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
