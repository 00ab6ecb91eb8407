import { StringDecoder } from 'node:string_decoder';

import { DriverError } from '../../driver.ts';
import type { SshTerminal } from '../ssh/connection.ts';
import type { Prompt } from './screen.ts';
import { plain, promptAt, promptOfEcho, replyTo, steadyHead } from './screen.ts';

/** A 4000-port configuration is below 2 MB; more than this is a flood (S-67). */
const MAX_REPLY = 16 * 1024 * 1024;
/** Banners and messages of the day up to the answer to the first command. */
const MAX_GREETING = 256 * 1024;
/** How long an unknown prompt, or one without echo, must stand still before it counts. */
const QUIET_MS = 250;
const CTRL_D = '\u0004';

export interface ShellOptions {
  signal: AbortSignal;
  /** Longest silence or run of one command. */
  commandMs: number;
}

export interface Reply {
  output: string;
  prompt: Prompt;
}

/** An interactive EOS terminal: one command at a time, each answered up to the next prompt. */
export class EosShell {
  readonly #terminal: SshTerminal;
  readonly #options: ShellOptions;
  readonly #decoder = new StringDecoder('utf8');
  /** The prompt behind which the next command will be echoed. */
  #before = '';
  /** What came since the command was sent, and the last line of it: looking through all at each piece would be slow. */
  #pieces: string[] = [];
  #length = 0;
  #tail = '';
  #head: string | undefined;
  /** Reply to the command, as far as `length` characters tell: looked for once, however often it is asked for. */
  #read: { length: number; reply: string | undefined } | undefined;
  #lost: DriverError | undefined;
  #wake: (() => void) | undefined;

  constructor(terminal: SshTerminal, options: ShellOptions) {
    this.#terminal = terminal;
    this.#options = options;
    const { channel } = terminal;
    channel.on('data', (data: Buffer) => this.#receive(data));
    channel.stderr.on('data', (data: Buffer) => this.#receive(data));
    channel.on('error', (error: Error) => this.#lose(`Terminal failed: ${error.message}`));
    channel.on('close', () => this.#lose('The switch closed the connection'));
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#lose('Stopped');

  /** Waits for what looks like the first prompt. Half a banner may look so: only the first command tells. */
  async firstPrompt(): Promise<void> {
    const prompt = await this.#until(() => promptAt(plain(this.#tail)), this.#options.commandMs, false);
    if (prompt === undefined)
      throw new DriverError('unreachable', 'The switch shows no prompt after the login');
  }

  /**
   * Sends one command and waits for its prompt.
   * @param resendMs for the first command, which some switches echo but do not execute: sent again after this
   */
  async run(command: string, resendMs?: number): Promise<Reply> {
    this.#begin(command);
    if (resendMs !== undefined) {
      for (let tries = 0; tries < 3; tries += 1) {
        const reply = await this.#reply(command, resendMs);
        if (reply !== undefined) return reply;
        this.#send(`${command}\n`);
      }
    }
    const reply = await this.#reply(command, this.#options.commandMs);
    if (reply === undefined) throw new DriverError('unreachable', `No answer to "${command}"`);
    return reply;
  }

  /** Sends a command that reads text up to Ctrl-D, then the text. */
  async paste(command: string, text: string): Promise<Reply> {
    this.#begin(command);
    // Text sent before the command runs would be taken for commands.
    const started = await this.#until(() => this.#hasEcho(command), this.#options.commandMs, false);
    if (started === undefined) throw new DriverError('unreachable', `No answer to "${command}"`);
    const refused = promptAt(plain(this.#tail));
    if (refused !== undefined) return { output: this.#replyTo(command) ?? '', prompt: refused };
    this.#send(text.endsWith('\n') ? text : `${text}\n`);
    this.#send(CTRL_D);
    const reply = await this.#reply(command, this.#options.commandMs);
    if (reply === undefined) throw new DriverError('unreachable', `No answer to "${command}"`);
    return reply;
  }

  /** @param why what waiting calls are told */
  close(why = 'The connection was closed'): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#lose(why);
    this.#terminal.close();
  }

  async #reply(command: string, waitMs: number): Promise<Reply | undefined> {
    const found = (): Prompt | undefined => {
      const last = plain(this.#tail);
      if (/^password: ?$/i.test(last)) {
        // Typing one would send it where nobody said it belongs.
        throw new DriverError('auth-failed', `The switch asks for a password at "${command}"`);
      }
      return promptAt(last);
    };
    const prompt = await this.#until(found, waitMs, true, command);
    if (prompt === undefined) return undefined;
    this.#head = steadyHead(prompt);
    return { output: this.#replyTo(command) ?? this.#all(), prompt };
  }

  /**
   * Waits until `found` finds something in what was printed.
   * @param settle whether an unfamiliar prompt must stand still first: half a line of output may look like one
   */
  async #until<T extends Prompt | true>(
    found: () => T | undefined,
    waitMs: number,
    settle: boolean,
    command?: string,
  ): Promise<T | undefined> {
    const end = performance.now() + waitMs;
    for (;;) {
      if (this.#lost !== undefined) throw this.#lost;
      const seen = found();
      const left = end - performance.now();
      if (seen === undefined) {
        if (left <= 0 || !(await this.#news(left))) {
          if (this.#lost === undefined && performance.now() >= end) return undefined;
        }
        continue;
      }
      if (!settle || seen === true || this.#isFamiliar(seen, command)) return seen;
      if (!(await this.#news(QUIET_MS)) && this.#lost === undefined) return seen;
    }
  }

  #begin(command: string): void {
    this.#before = plain(this.#tail);
    this.#forget();
    this.#send(`${command}\n`);
  }

  #all(): string {
    return this.#before + this.#pieces.join('');
  }

  #replyTo(command: string): string | undefined {
    if (this.#read?.length !== this.#length) {
      this.#read = { length: this.#length, reply: replyTo(command, this.#all()) };
    }
    return this.#read.reply;
  }

  #hasEcho(command: string): true | undefined {
    return this.#length > this.#tail.length && this.#replyTo(command) !== undefined ? true : undefined;
  }

  #isFamiliar(prompt: Prompt, command: string | undefined): boolean {
    if (command === undefined || this.#replyTo(command) === undefined) return false;
    const echo = this.#head === undefined ? promptOfEcho(command, this.#all()) : undefined;
    return steadyHead(prompt) === (echo === undefined ? this.#head : steadyHead(echo));
  }

  /** Waits for more output. @returns false when none came in time */
  #news(waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), waitMs);
      const finish = (came: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(came);
      };
      this.#wake = () => finish(true);
    });
  }

  #receive(data: Buffer): void {
    const text = this.#decoder.write(data);
    const end = text.lastIndexOf('\n');
    this.#pieces.push(text);
    this.#length += text.length;
    this.#tail = end === -1 ? this.#tail + text : text.slice(end + 1);
    const most = this.#head === undefined ? MAX_GREETING : MAX_REPLY;
    if (this.#length > most) {
      this.#forget();
      this.#lose(`The switch sent more than ${most} bytes at once`, 'protocol');
      this.#terminal.close();
    }
    this.#wake?.();
  }

  #forget(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#tail = '';
    this.#read = undefined;
  }

  #send(text: string): void {
    if (this.#lost !== undefined) throw this.#lost;
    this.#terminal.channel.write(text);
  }

  #lose(message: string, kind: 'unreachable' | 'protocol' = 'unreachable'): void {
    this.#lost ??= new DriverError(kind, message);
    this.#wake?.();
  }
}
