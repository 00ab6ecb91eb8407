/** Text of `--help`. Pure. */
import type { Command, Option, Options } from './command.ts';
import type { Entry } from './commands.ts';
import { table } from './output/table.ts';

function listed(lines: readonly (readonly [string, string])[]): string {
  return table(
    [],
    lines.map(([left, right]) => [`  ${left}`, right]),
  );
}

/** @param commands by name */
export function overview(program: string, commands: Readonly<Record<string, Entry>>): string {
  return [
    'Network as a service: ask for switch ports, see who holds them, log in.\n',
    `Usage: ${program} COMMAND [options]\n`,
    listed(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    `${program} COMMAND --help says more. Requests are made by kubectl apply.\n`,
  ].join('\n');
}

/** Help of one command. */
export function helpOf(program: string, name: string, entry: Entry, command: Command): string {
  const parameters = command.parameters.map(({ name, optional }) => (optional ? `[${name}]` : name));
  const parts = [
    `${entry.summary[0]?.toUpperCase() ?? ''}${entry.summary.slice(1)}.\n`,
    `Usage: ${[program, name, ...parameters, '[options]'].join(' ')}\n`,
  ];
  const options = optionLines(command.options);
  if (options !== '') parts.push(`Options:\n${options}`);
  if (command.examples.length > 0)
    parts.push(`Examples:\n${command.examples.map((words) => `  ${program} ${words}\n`).join('')}`);
  return parts.join('\n');
}

function optionLines(options: Options): string {
  return listed(Object.entries(options).map(([name, option]) => [optionName(name, option), option.help]));
}

function optionName(name: string, option: Option): string {
  const long = option.type === 'boolean' ? `--${name}` : `--${name} ${option.value}`;
  return option.short === undefined ? `    ${long}` : `-${option.short}, ${long}`;
}
