/** Text in lines of bounded width. Pure. */
import { plain } from './plain.ts';

/** @returns lines, each indented and with its end; a word that is longer than the width has a line of its own */
export function wrap(text: string, options: { width?: number; indent?: string } = {}): string {
  const { width = 80, indent = '' } = options;
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text)
    .split(/\s+/)
    .filter((word) => word !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent.length + longer.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => `${indent}${each}\n`).join('');
}
