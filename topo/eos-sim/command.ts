import type { Cli } from './cli.ts';

/** What a command answers. `json` where the command has that form. */
export interface Answer {
  /** Without trailing newline, which is added unless it is empty. */
  readonly text?: string;
  readonly json?: unknown;
}

/** A command of exec mode. */
export interface ExecCommand {
  readonly pattern: string;
  /** Leading parts that must be typed. Default all. */
  readonly required?: number;
  /** Needs `enable`. */
  readonly privileged?: true;
  /** Not offered inside configuration modes. */
  readonly execOnly?: true;
  readonly run: (cli: Cli, args: readonly string[]) => Answer | undefined;
}
