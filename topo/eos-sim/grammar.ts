import type { Match } from './command-pattern.ts';
import type { Position } from './config-tree.ts';

/** What the switch is made of; names outside it are refused. */
export interface Hardware {
  /** Ethernet1..ports exist. */
  readonly ports: number;
}

/** Why a line that fits the grammar is refused all the same; printed after `% `. */
export interface Refusal {
  readonly refusal: string;
}

/** A one-line statement. */
export interface Setting {
  readonly pattern: string;
  /** Leading parts that say which setting it is; a later line with the same ones replaces it. */
  readonly key: number;
  /** Identity, where several patterns speak of one setting (`… vlan add <vlans>`). */
  readonly as?: string;
  readonly rank: number;
  /** Texts that are the default and so are not printed. */
  readonly defaults?: readonly string[];
  /** `no …` is a statement of its own and printed. */
  readonly storesNo?: boolean;
  /** What a clean configuration prints for it. */
  readonly initial?: string;
  /** The statement to store; undefined goes back to the default. Without it the canonical line. */
  readonly text?: (match: Match, current: string | undefined) => string | Refusal | undefined;
  /** Lines up to `EOF` follow. */
  readonly heredoc?: boolean;
}

/** One block that a mode command opens. */
export interface Opened {
  readonly key: string;
  readonly text: string;
  readonly position: Position;
}

/** A command that opens a mode. */
export interface Submode {
  readonly pattern: string;
  /** Leading parts `no …` needs. Default all. */
  readonly key?: number;
  readonly mode: Mode;
  /** `mode` in the answer stands for the rule's own where one command opens different ones. */
  readonly open: (
    match: Match,
    hardware: Hardware,
  ) => { readonly blocks: readonly Opened[]; readonly label: string; readonly mode?: Mode } | Refusal;
  /** `no …` empties the block but keeps it: a physical port cannot be deleted. */
  readonly permanent?: (opened: Opened) => boolean;
}

export interface Mode {
  readonly settings: readonly Setting[];
  readonly submodes: readonly Submode[];
}

/** A setting with one value. @param key leading parts that identify it */
export function setting(
  rank: number,
  pattern: string,
  key: number,
  more: Partial<Omit<Setting, 'pattern' | 'key' | 'rank'>> = {},
): Setting {
  return { pattern, key, rank, ...more };
}

/** Statements of which there may be many, kept as text: `ntp server 10.0.0.1`. */
export function many(rank: number, ...patterns: readonly string[]): Setting[] {
  return patterns.map((pattern) => ({ pattern, key: pattern.split(' ').length, rank }));
}

/** A mode whose statements the simulator keeps without understanding them, by their first words. */
export function opaqueMode(patterns: readonly string[], more: Partial<Mode> = {}): Mode {
  return { settings: [...(more.settings ?? []), ...many(50, ...patterns)], submodes: more.submodes ?? [] };
}

/** A mode command with exactly one block: `management ssh`. */
export function submode(
  rank: number,
  pattern: string,
  mode: Mode,
  label: (match: Match) => string,
  key?: number,
): Submode {
  const open: Submode['open'] = (match) => {
    const text = match.parts.join(' ');
    const identity = match.parts.slice(0, key ?? match.parts.length).join(' ');
    return { blocks: [{ key: identity, text, position: [rank, text] }], label: label(match) };
  };
  return key === undefined ? { pattern, mode, open } : { pattern, mode, open, key };
}
