/** `__complete`: answers shells and kubectl, in the way of Cobra: candidates, then a directive. */
import type { World } from '../command.ts';
import type { Entry } from '../commands.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { lookUp } from './look-up.ts';
import { whatFits } from './what-fits.ts';
import type { Candidate, Fitting } from './what-fits.ts';

/** Cobra's directives: files may be offered, or nothing else. */
const DIRECTIVE = { files: 0, nothingElse: 4 } as const;

/** @param words what was typed after the program's name, the last one under the cursor */
export async function complete(
  words: readonly string[],
  world: World,
  commands: Readonly<Record<string, Entry>>,
): Promise<ExitCode> {
  const word = words.at(-1) ?? '';
  const fitting = await whatFits(words.slice(0, -1), word, commands);
  const candidates = [...fitting.words, ...(await found(fitting, world))];
  const lines = candidates
    .filter((candidate) => candidate.word.startsWith(word))
    .map(({ word, help }) => (help === undefined ? word : `${word}\t${help}`));
  const directive = fitting.lookUp === 'file' ? DIRECTIVE.files : DIRECTIVE.nothingElse;
  world.stdout.write([...lines, `:${directive}`, ''].join('\n'));
  return EXIT.ok;
}

async function found({ lookUp: what, given }: Fitting, world: World): Promise<Candidate[]> {
  if (what === undefined) return [];
  const closing: (() => Promise<void>)[] = [];
  try {
    const context = { ...world, values: given, positionals: [] };
    const names = await lookUp(what, { ...context, atEnd: (close) => void closing.push(close) });
    return names.map((word) => ({ word }));
  } catch {
    // Not logged in, no cluster, no right: there is nothing to offer, and nobody to tell.
    return [];
  } finally {
    for (const close of closing) await close();
  }
}
