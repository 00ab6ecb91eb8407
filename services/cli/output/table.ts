/** Tables as kubectl prints them: columns as wide as their longest cell, three spaces between. Pure. */
import type { Paint, Tone } from './colour.ts';
import { plain } from './plain.ts';

/** Text, or text with a tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

const GAP = '   ';
const unpainted: Paint = (text) => text;

function textOf(cell: Cell): string {
  return plain(typeof cell === 'string' ? cell : cell.text);
}

/**
 * Lines of a table, each with its end; empty text for no lines.
 *
 * @param headers empty: none are shown
 */
export function table(
  headers: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint = unpainted,
): string {
  const lines: (readonly Cell[])[] = headers.length > 0 ? [headers, ...rows] : [...rows];
  const widths: number[] = [];
  for (const line of lines)
    for (const [column, cell] of line.entries())
      widths[column] = Math.max(widths[column] ?? 0, textOf(cell).length);
  return lines.map((line) => `${lineOf(line, widths, paint)}\n`).join('');
}

function lineOf(cells: readonly Cell[], widths: readonly number[], paint: Paint): string {
  return cells
    .map((cell, column) => {
      const text = textOf(cell);
      const painted = typeof cell === 'string' ? text : paint(text, cell.tone);
      const last = column === cells.length - 1;
      return last ? painted : painted + ' '.repeat((widths[column] ?? 0) - text.length);
    })
    .join(GAP)
    .trimEnd();
}
