import type { LoadProblem } from '../../driver.ts';

/**
 * Refusals in the output of `copy terminal: session-config`. A bad line prints `> line` and
 * `% Invalid input at line N`, and the copy still ends with "Copy completed successfully.", so every line
 * that begins with `% ` counts.
 * @param loaded the text that was sent; a line number is believed only if its line is the repeated one
 */
export function loadProblems(output: string, loaded: string): LoadProblem[] {
  const lines = loaded.split('\n');
  const problems: LoadProblem[] = [];
  let repeated: string | undefined;
  for (const line of output.split('\n')) {
    if (line.startsWith('> ')) {
      repeated = line.slice(2).trim();
      continue;
    }
    if (!line.startsWith('% ')) continue;
    const told = /\bat line (\d+)/.exec(line)?.[1];
    const at = lineOf(lines, told === undefined ? undefined : Number(told), repeated);
    problems.push({
      message: line,
      ...(at === undefined ? {} : { line: at }),
      ...(repeated === undefined ? {} : { text: repeated }),
    });
    repeated = undefined;
  }
  return problems;
}

function lineOf(
  lines: readonly string[],
  told: number | undefined,
  repeated: string | undefined,
): number | undefined {
  if (repeated === undefined) return told !== undefined && lines[told - 1] !== undefined ? told : undefined;
  if (told !== undefined && lines[told - 1]?.trim() === repeated) return told;
  // The number does not fit (a switch may count from elsewhere): the line itself, if there is only one such.
  const same = lines.flatMap((line, index) => (line.trim() === repeated ? [index + 1] : []));
  return same.length === 1 ? same[0] : undefined;
}
