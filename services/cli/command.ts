/** What a command is, and what it is given. Light on purpose: `token` runs at every kubectl call. */
import type { ExitCode } from './exit-code.ts';

interface AnyOption {
  /** One letter. */
  readonly short?: string;
  /** One line for `--help`. */
  readonly help: string;
}

export interface Flag extends AnyOption {
  readonly type: 'boolean';
}

export interface Setting extends AnyOption {
  readonly type: 'string';
  readonly multiple?: false;
  /** What stands for the value in `--help`, such as `NAME`. */
  readonly value: string;
  /** All that may be given. Checked before the command runs. */
  readonly choices?: readonly string[];
  /** What the shell may offer. */
  readonly complete?: Completion;
}

export interface Settings extends AnyOption {
  readonly type: 'string';
  readonly multiple: true;
  readonly value: string;
  readonly complete?: Completion;
}

export type Option = Flag | Setting | Settings;
/** By long name. */
export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends Flag ? boolean : O extends Settings ? string[] : string;
/** What was given. */
export type Values<O extends Options> = { readonly [K in keyof O]?: ValueOf<O[K]> | undefined };

/** What completion looks up for an argument or a value. */
export type Completion = 'context' | 'device' | 'file' | 'namespace' | 'reason' | 'request' | 'shell';

export interface Parameter {
  /** As in `--help`, such as `DEVICE`. */
  readonly name: string;
  readonly optional?: boolean;
  readonly complete?: Completion;
}

/** Where text goes. */
export interface Sink {
  write(text: string): void;
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
}

/** What surrounds the program. */
export interface World {
  /** As the person calls it: `kubectl naas` or `naas`. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Data, and nothing else. */
  readonly stdout: Sink;
  /** Progress, questions, errors. */
  readonly stderr: Sink;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Context<O extends Options = Options> extends World {
  readonly values: Values<O>;
  /** One for each parameter; optional ones may be missing at the end. */
  readonly positionals: readonly string[];
  /** Done after the command, whatever comes: for connections. */
  atEnd(close: () => Promise<void>): void;
}

export interface Command<O extends Options = Options> {
  readonly parameters: readonly Parameter[];
  readonly options: O;
  /** What stands after the program's name. */
  readonly examples: readonly string[];
  /** @throws Failure, ApiError or ConnectionError: told by the program, with the next command */
  run(context: Context<O>): Promise<ExitCode>;
}

/** A command, with its options' types kept for `run`. */
export function command<const O extends Options>(definition: Command<O>): Command<O> {
  return definition;
}
