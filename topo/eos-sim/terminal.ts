import { StringDecoder } from 'node:string_decoder';
import type { Cli, Reply } from './cli.ts';

/** The channel a terminal talks through; `ssh2` channels fit. */
export interface Wire {
  write(text: string): void;
  /** Orderly end of the session. @param status exit status */
  end(status: number): void;
  /** The connection breaks off. */
  sever(): void;
}

export interface TerminalOptions {
  /** With a pty: echo, prompts, CRLF, paging. Without: lines in, answers out, as `ssh host < commands`. */
  readonly pty: boolean;
  /** Lines of the pty. */
  readonly rows: number;
}

/** One line may hold so many bytes; what is over is dropped, as a tty does. */
const LONGEST_LINE = 16 * 1024;
/** Typed ahead while a command runs; beyond it the connection is cut. */
const LONGEST_INPUT = 16 * 1024 * 1024;

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_U = '\x15';
const CTRL_W = '\x17';
const MORE = ' --More-- ';

/** A terminal's line discipline between a channel and the CLI: echo, editing, paging, and the faults of both. */
export class Terminal {
  readonly #cli: Cli;
  readonly #wire: Wire;
  readonly #pty: boolean;
  readonly #decoder = new StringDecoder('utf8');
  #input = '';
  #line = '';
  #out = '';
  #sent = 0;
  #commands = 0;
  #busy = true;
  #paged: string[] | undefined;
  #ended = false;
  #inputEnded = false;
  #status = 0;
  #lineNumber = 0;
  #delay: NodeJS.Timeout | undefined;

  constructor(cli: Cli, wire: Wire, options: TerminalOptions) {
    this.#cli = cli;
    this.#wire = wire;
    this.#pty = options.pty;
    // Without `terminal length` a session pages at the height of its pty.
    if (options.pty) cli.pageLength = options.rows;
  }

  /** Shows the first prompt, after the login delay. @param greeting lines before it */
  start(greeting: string): void {
    const begin = () => {
      // Recorded: EOS asks the terminal for its status before the first prompt.
      if (this.#pty) this.#put(`${greeting}\x1b[5n`);
      this.#prompt();
      this.#busy = false;
      this.#flush();
      this.#work();
    };
    this.#later(this.#cli.device.faults.strike('loginDelayMs') ?? 0, begin);
  }

  receive(data: Buffer): void {
    if (this.#ended) return;
    this.#input += this.#decoder.write(data);
    if (this.#input.length > LONGEST_INPUT) this.#sever();
    else this.#work();
  }

  /** The client sends no more. */
  inputEnded(): void {
    this.#inputEnded = true;
    this.#work();
  }

  resize(rows: number): void {
    if (this.#cli.pageLength !== 0) this.#cli.pageLength = rows;
  }

  /** The channel is gone. */
  closed(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#delay);
    this.#cli.close();
  }

  #later(ms: number, action: () => void): void {
    if (ms <= 0) {
      action();
      return;
    }
    this.#busy = true;
    this.#delay = setTimeout(() => {
      if (!this.#ended) action();
    }, ms);
  }

  #work(): void {
    let used = 0;
    while (!this.#busy && !this.#ended && used < this.#input.length) {
      if (this.#paged !== undefined) {
        this.#pageKey(this.#input[used] ?? '');
        used += 1;
        continue;
      }
      used += this.#take(used);
    }
    this.#input = this.#input.slice(used);
    this.#flush();
    if (this.#inputEnded && !this.#busy && !this.#ended && this.#input === '') this.#finishInput();
  }

  /** Takes one run of text or one key from the input. @returns characters used */
  #take(from: number): number {
    // oxlint-disable-next-line no-control-regex -- they are what ends a run of text
    const plain = /[^\x00-\x1f\x7f]+/y;
    plain.lastIndex = from;
    const text = plain.exec(this.#input)?.[0];
    if (text !== undefined) {
      this.#type(text);
      return text.length;
    }
    const key = this.#input[from] ?? '';
    switch (key) {
      case '\r':
      case '\n': {
        const pair = key === '\r' && this.#input[from + 1] === '\n';
        this.#enter();
        return pair ? 2 : 1;
      }
      case CTRL_D:
        this.#endOfFile();
        return 1;
      case CTRL_C:
        this.#interrupt();
        return 1;
      case '\t':
        this.#type('\t');
        return 1;
      default:
        this.#edit(key);
        return 1;
    }
  }

  #type(text: string): void {
    const room = LONGEST_LINE - this.#line.length;
    const taken = text.slice(0, Math.max(0, room));
    this.#line += taken;
    if (this.#pty && !this.#cli.hidden) this.#out += taken;
  }

  #edit(key: string): void {
    if (key === '\x7f' || key === '\b') this.#erase(1);
    else if (key === CTRL_U) this.#erase(this.#line.length);
    else if (key === CTRL_W) this.#erase(/\S*\s*$/.exec(this.#line)?.[0].length ?? 0);
  }

  #erase(count: number): void {
    const erased = Math.min(count, this.#line.length);
    this.#line = this.#line.slice(0, this.#line.length - erased);
    if (this.#pty && !this.#cli.hidden) this.#out += '\b \b'.repeat(erased);
  }

  #interrupt(): void {
    this.#line = '';
    this.#cli.interrupt();
    if (this.#pty) this.#out += '^C\r\n';
    this.#prompt();
  }

  #endOfFile(): void {
    if (this.#line !== '') {
      // A tty hands over a half line at the first Ctrl-D; only one on an empty line ends the input.
      if (this.#cli.collecting) this.#cli.line(this.#line);
      this.#line = '';
      return;
    }
    this.#command(() => this.#cli.endOfInput());
  }

  #enter(): void {
    const line = this.#line;
    this.#line = '';
    this.#lineNumber += 1;
    const { faults } = this.#cli.device;
    if (this.#pty) {
      if (!this.#cli.hidden && this.#cli.prompt !== '' && faults.strike('duplicateEcho') !== undefined) {
        this.#out += `\r\n${this.#cli.prompt}${line}`;
      }
      this.#out += '\r\n';
    }
    const quiet = this.#cli.prompt === '' || line.trim() === '';
    if (!quiet && faults.strike('dropFirstInput') !== undefined) {
      this.#prompt();
      return;
    }
    // Text that is only collected is not a command and costs no time.
    if (quiet) this.#answer(this.#cli.line(line), line);
    else this.#command(() => this.#cli.line(line), line);
  }

  #command(run: () => Reply, line = ''): void {
    const { faults } = this.#cli.device;
    this.#commands += 1;
    if (this.#commands === faults.current.disconnectAtCommand) {
      faults.strike('disconnectAtCommand');
      this.#sever();
      return;
    }
    const delay = faults.strike('latencyMs') ?? 0;
    if (delay > 0) this.#flush();
    this.#later(delay, () => {
      this.#busy = false;
      this.#answer(run(), line);
      if (delay > 0) this.#work();
    });
  }

  #answer(reply: Reply, line: string): void {
    if (reply.close === 'break') {
      this.#sever();
      return;
    }
    if (reply.error !== undefined) this.#status = 1;
    const output = this.#pty ? reply.output : this.#numbered(reply, line);
    const lines = output.split('\n').slice(0, -1);
    if (this.#pty && this.#cli.pageLength > 0 && lines.length >= this.#cli.pageLength) {
      this.#paged = lines;
      this.#page(this.#cli.pageLength - 1);
      if (reply.close === undefined) return;
    } else {
      this.#put(output);
    }
    if (reply.close === undefined) this.#prompt();
    else this.#end();
  }

  /** Where nobody is at the terminal, an error names its command and line (devices.md 1.1, exec channel). */
  #numbered(reply: Reply, line: string): string {
    if (reply.error === undefined) return reply.output;
    return `> ${line.trim()}\n% ${reply.error} at line ${this.#lineNumber}\n`;
  }

  #page(count: number): void {
    const lines = this.#paged ?? [];
    this.#put(
      lines
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join(''),
    );
    this.#paged = lines.slice(count);
    if (this.#paged.length > 0) {
      this.#out += MORE;
      return;
    }
    this.#paged = undefined;
    this.#prompt();
  }

  #pageKey(key: string): void {
    this.#out += `\r${' '.repeat(MORE.length)}\r`;
    if (key === ' ') this.#page(this.#cli.pageLength - 1);
    else if (key === '\r' || key === '\n') this.#page(1);
    else if (key === 'q' || key === CTRL_C) {
      this.#paged = undefined;
      this.#prompt();
    } else this.#out += MORE;
  }

  #prompt(): void {
    if (this.#pty) this.#out += this.#cli.prompt;
  }

  #put(text: string): void {
    this.#out += this.#pty ? text.replaceAll('\n', '\r\n') : text;
  }

  #finishInput(): void {
    if (this.#line !== '') this.#enter();
    if (this.#busy || this.#ended) return;
    if (this.#cli.collecting) this.#answer(this.#cli.endOfInput(), '');
    this.#flush();
    if (!this.#ended) this.#end();
  }

  /** One write for all that a chunk of input led to: with TCP_NODELAY that is one packet. */
  #flush(): void {
    if (this.#out === '' || this.#ended) return;
    const text = this.#out;
    this.#out = '';
    const { faults } = this.#cli.device;
    const limit = faults.current.disconnectAtByte;
    const bytes = Buffer.byteLength(text);
    if (limit !== undefined && this.#sent + bytes >= limit) {
      faults.strike('disconnectAtByte');
      this.#wire.write(
        Buffer.from(text)
          .subarray(0, limit - this.#sent)
          .toString(),
      );
      this.#sever();
      return;
    }
    this.#sent += bytes;
    this.#wire.write(text);
  }

  #end(): void {
    this.#flush();
    if (this.#ended) return;
    this.#ended = true;
    this.#cli.close();
    this.#wire.end(this.#status);
  }

  #sever(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#delay);
    this.#cli.close();
    this.#wire.sever();
  }
}
