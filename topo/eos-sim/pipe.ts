import { CommandError } from './switch.ts';

/** `show … | section vlan`: the command, and what to do with its answer. */
export interface Piped {
  readonly command: string;
  readonly json: boolean;
  readonly filter: (text: string) => string;
}

const FILTERS = ['include', 'exclude', 'section', 'begin', 'json', 'no-more', 'nz'] as const;

/** Splits a command at its first pipe. @throws CommandError on a filter EOS does not have */
export function splitPipe(line: string): Piped {
  const at = line.indexOf('|');
  if (at === -1 || !/^\s*s/i.test(line)) return { command: line, json: false, filter: (text) => text };
  const command = line.slice(0, at).trim();
  const [, name = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line.slice(at + 1)) ?? [];
  const candidates = FILTERS.filter((filter) => name !== '' && filter.startsWith(name.toLowerCase()));
  const [filter] = candidates;
  if (filter === undefined || candidates.length > 1) throw new CommandError('Invalid input');
  if (filter === 'json') return { command, json: true, filter: (text) => text };
  if (filter === 'no-more' || filter === 'nz') return { command, json: false, filter: (text) => text };
  if (argument === '') throw new CommandError('Incomplete command');
  const pattern = expression(argument);
  const by = (choose: (lines: string[]) => string[]) => (text: string) => choose(text.split('\n')).join('\n');
  switch (filter) {
    case 'include':
      return { command, json: false, filter: by((lines) => lines.filter((each) => pattern.test(each))) };
    case 'exclude':
      return { command, json: false, filter: by((lines) => lines.filter((each) => !pattern.test(each))) };
    case 'begin':
      return { command, json: false, filter: by((lines) => lines.slice(firstMatch(lines, pattern))) };
    case 'section':
      return { command, json: false, filter: by((lines) => sections(lines, pattern)) };
  }
}

function firstMatch(lines: readonly string[], pattern: RegExp): number {
  const index = lines.findIndex((line) => pattern.test(line));
  return index === -1 ? lines.length : index;
}

function expression(text: string): RegExp {
  if (text.length > 200) throw new CommandError('Invalid input');
  try {
    return new RegExp(text, 'i');
  } catch {
    throw new CommandError('Invalid input');
  }
}

/** Matching lines with the lines above them that they belong to and all below. */
function sections(lines: readonly string[], pattern: RegExp): string[] {
  const blocks: string[][] = [];
  for (const line of lines) {
    if (line === '!' || line === '') continue;
    if (/^\s/.test(line)) blocks.at(-1)?.push(line);
    else blocks.push([line]);
  }
  return blocks.filter((block) => block.some((line) => pattern.test(line))).flat();
}
