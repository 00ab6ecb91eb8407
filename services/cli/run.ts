/** From words to an exit code: finds the command, checks what was typed, runs it, tells what went wrong. */
import { parseArgs } from 'node:util';
import type { Command, Context, Options, Values, World } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { Entry } from './commands.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { asFailure, Failure } from './failure.ts';
import { helpOf, overview } from './help.ts';
import { findCommand } from './invocation.ts';
import { HELP_OPTION } from './options.ts';
import { paintFor } from './output/colour.ts';
import { plain } from './output/plain.ts';

/**
 * Runs one command. Never throws.
 *
 * @param words what was typed after the program's name
 */
export async function run(words: readonly string[], world: World): Promise<ExitCode> {
  try {
    return await runCommand(words, world);
  } catch (error) {
    const failure = asFailure(error, world.program);
    const label = paintFor(world.stderr, world.environment)('Error:', 'bad');
    // A server's message may have several lines; what it must not have is power over the terminal.
    for (const [index, line] of failure.message.split('\n').entries())
      world.stderr.write(`${index === 0 ? `${label} ` : ''}${plain(line)}\n`);
    world.stderr.write(`Next: ${failure.next}\n`);
    if (world.environment['NAAS_DEBUG'] && error instanceof Error) world.stderr.write(`${error.stack}\n`);
    return failure.exitCode;
  }
}

async function runCommand(words: readonly string[], world: World): Promise<ExitCode> {
  if (words[0] === '__complete') {
    const { complete } = await import('./completion/complete.ts');
    return complete(words.slice(1), world, COMMANDS);
  }
  const asked = words[0] === 'help';
  const { name, rest } = findCommand(asked ? words.slice(1) : words, COMMANDS);
  if (name === undefined) {
    // Without a command there is nothing but `--help` to understand.
    parse(rest, HELP_OPTION, world.program);
    world.stdout.write(overview(world.program, COMMANDS));
    return EXIT.ok;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) throw unknownCommand(name, world.program);
  const command = await entry.load();
  if (asked || rest.some((word) => word === '--help' || word === '-h'))
    return showHelp(name, entry, command, world);
  const { values, positionals } = parse(rest, command.options, `${world.program} ${name}`);
  checkCount(command, positionals, `${world.program} ${name}`);
  return runWith(command, { ...world, values, positionals });
}

function unknownCommand(name: string, program: string): Failure {
  const longer = Object.keys(COMMANDS).filter((each) => each.startsWith(`${name} `));
  const what =
    longer.length > 0
      ? `"${name}" needs one more word: ${longer.join(', ')}`
      : `There is no command "${name}"`;
  return new Failure(what, { next: `${program} help` });
}

function showHelp(name: string, entry: Entry, command: Command, world: World): ExitCode {
  world.stdout.write(helpOf(world.program, name, entry, command));
  return EXIT.ok;
}

async function runWith(command: Command, given: Omit<Context, 'atEnd'>): Promise<ExitCode> {
  const closing: (() => Promise<void>)[] = [];
  try {
    return await command.run({ ...given, atEnd: (close) => void closing.push(close) });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** @throws Failure for what the options do not allow */
function parse(
  words: readonly string[],
  options: Options,
  called: string,
): { values: Values<Options>; positionals: string[] } {
  const next = `${called} --help`;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { ...options },
      allowPositionals: true,
    });
    for (const [name, option] of Object.entries(options)) {
      const value = values[name];
      const choices = option.type === 'string' && option.multiple !== true ? option.choices : undefined;
      if (choices !== undefined && typeof value === 'string' && !choices.includes(value))
        throw new Failure(`--${name} "${value}" is not one of ${choices.join(', ')}`, { next });
    }
    return { values, positionals };
  } catch (error) {
    if (error instanceof Failure || !(error instanceof TypeError)) throw error;
    // parseArgs says which option is unknown, or lacks its value.
    throw new Failure(error.message.split('. ')[0] ?? error.message, { next, cause: error });
  }
}

function checkCount({ parameters }: Command, positionals: readonly string[], called: string): void {
  const next = `${called} --help`;
  const missing = parameters.find(({ optional }, index) => !optional && positionals[index] === undefined);
  if (missing !== undefined) throw new Failure(`${missing.name} is missing`, { next });
  const extra = positionals[parameters.length];
  if (extra !== undefined) throw new Failure(`"${extra}" is too much`, { next });
}
