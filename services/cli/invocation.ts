/** What was typed: how the program was called, which command, and what belongs to it. Pure. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { CLUSTER_OPTIONS, HELP_OPTION, OUTPUT_OPTIONS } from './options.ts';

/**
 * The program as people call it.
 *
 * @param file the path it was started by; kubectl starts plugins by their file's name
 */
export function programName(file: string): string {
  return basename(file).startsWith('kubectl-') ? 'kubectl naas' : 'naas';
}

export interface Invocation {
  /** Name in the table of commands, or what was typed in its place; undefined when nothing was. */
  readonly name: string | undefined;
  /** Everything but the name, in its order. */
  readonly rest: readonly string[];
}

/**
 * Finds the command in what was typed. Shared options may stand before it.
 *
 * @param commands by name
 */
export function findCommand(
  words: readonly string[],
  commands: Readonly<Record<string, unknown>>,
): Invocation {
  const { tokens } = parseArgs({
    args: [...words],
    options: { ...CLUSTER_OPTIONS, ...OUTPUT_OPTIONS, ...HELP_OPTION },
    strict: false,
    tokens: true,
  });
  const [first, second] = tokens.filter((token) => token.kind === 'positional');
  if (first === undefined) return { name: undefined, rest: words };
  const both = `${first.value} ${second?.value ?? ''}`;
  const taken = second !== undefined && Object.hasOwn(commands, both) ? [first, second] : [first];
  return {
    name: taken.map(({ value }) => value).join(' '),
    rest: words.filter((_, index) => !taken.some((token) => token.index === index)),
  };
}
