/** What may stand where the cursor is. Pure. */
import { parseArgs } from 'node:util';
import type { Command, Completion, Option, Options } from '../command.ts';
import type { Entry } from '../commands.ts';
import { findCommand } from '../invocation.ts';

/** A word to offer, with a line of help. */
export interface Candidate {
  readonly word: string;
  readonly help?: string;
}

/** Words that are known, and what must be looked up. */
export interface Fitting {
  readonly words: readonly Candidate[];
  readonly lookUp?: Completion;
  /** Options given so far, for looking up: which cluster, which namespace. */
  readonly given: Readonly<Record<string, string>>;
}

const NOTHING: Fitting = { words: [], given: {} };

/**
 * @param before the words in front of the cursor's
 * @param word the one at the cursor, perhaps empty
 */
export async function whatFits(
  before: readonly string[],
  word: string,
  commands: Readonly<Record<string, Entry>>,
): Promise<Fitting> {
  const { name, rest } = findCommand(before, commands);
  const entry = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  const names = name === undefined || rest.length === 0 ? commandNames(name, commands) : [];
  if (entry === undefined) return { ...NOTHING, words: names };
  const fitting = ofCommand(await entry.load(), rest, word);
  return { ...fitting, words: [...names, ...fitting.words] };
}

/** First words of names, or the second words of those that begin with the first. */
function commandNames(first: string | undefined, commands: Readonly<Record<string, Entry>>): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const [name, { summary }] of Object.entries(commands)) {
    const [one = '', two] = name.split(' ');
    const word = first === undefined ? one : first === one ? two : undefined;
    if (word === undefined || found.has(word)) continue;
    const whole = first !== undefined || two === undefined;
    found.set(word, whole ? { word, help: summary } : { word });
  }
  return [...found.values()];
}

function ofCommand({ options, parameters }: Command, rest: readonly string[], word: string): Fitting {
  const { values, tokens } = parseArgs({
    args: [...rest],
    options: { ...options },
    strict: false,
    tokens: true,
  });
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) if (typeof value === 'string') given[name] = value;
  const open = optionWithoutValue(rest.at(-1) ?? '', options);
  if (open !== undefined) return { ...valuesOf(open), given };
  if (word.startsWith('-')) return { words: optionNames(options, new Set(Object.keys(values))), given };
  const position = tokens.filter(({ kind }) => kind === 'positional').length;
  const lookUp = parameters[position]?.complete;
  return { words: [], given, ...(lookUp !== undefined && { lookUp }) };
}

/** The option that the word before the cursor names, when its value comes next. */
function optionWithoutValue(last: string, options: Options): Option | undefined {
  const found = Object.entries(options).find(
    ([name, { short }]) => last === `--${name}` || (short !== undefined && last === `-${short}`),
  );
  return found?.[1].type === 'string' ? found[1] : undefined;
}

function valuesOf(option: Option): Omit<Fitting, 'given'> {
  if (option.type === 'boolean') return { words: [] };
  const choices = option.multiple === true ? [] : (option.choices ?? []);
  return {
    words: choices.map((word) => ({ word })),
    ...(option.complete !== undefined && { lookUp: option.complete }),
  };
}

function optionNames(options: Options, given: ReadonlySet<string>): Candidate[] {
  return Object.entries(options)
    .filter(([name, option]) => !given.has(name) || (option.type === 'string' && option.multiple === true))
    .map(([name, { help }]) => ({ word: `--${name}`, help }));
}
