import { ValueError } from './template-error.ts';
import { capped, typeName } from './value.ts';
import type { Value } from './value.ts';

/** Python's `str.capitalize`. */
export function capitalize(text: string): string {
  const [first = '', ...rest] = [...text];
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** Python's `str.title`: every run of letters. */
export function titleWords(text: string): string {
  return text.replace(/\p{L}+/gu, capitalize);
}

/** Python's `strip`, `lstrip`, `rstrip`: white space, or any of the characters given. */
export function strip(text: string, characters: Value, side: 'both' | 'left' | 'right'): string {
  if (characters === null) {
    if (side === 'left') return text.trimStart();
    return side === 'right' ? text.trimEnd() : text.trim();
  }
  if (typeof characters !== 'string')
    throw new ValueError(`chars must be a text, not ${typeName(characters)}`);
  const set = new Set(characters);
  const all = [...text];
  let from = 0;
  let to = all.length;
  const within = (place: number): boolean => set.has(all[place] ?? '');
  if (side !== 'right') while (from < to && within(from)) from++;
  if (side !== 'left') while (to > from && within(to - 1)) to--;
  return all.slice(from, to).join('');
}

/** Python's `replace`: all places, or the first `count` ones when that is not negative. */
export function replaceText(text: string, old: string, by: string, count: number): string {
  const limit = count < 0 ? Infinity : count;
  if (old === '') throw new ValueError('the text to replace is empty');
  const parts = text.split(old);
  const changed = Math.min(limit, parts.length - 1);
  if (text.length + changed * by.length > 2 * 1024 * 1024) throw new ValueError('the text grows too long');
  return capped([parts.slice(0, changed + 1).join(by), ...parts.slice(changed + 1)].join(old));
}

/** Python's `split()`: runs of white space. */
export function splitWhiteSpace(text: string, most: number): string[] {
  const words = text.trim().split(/\s+/);
  if (words.length === 1 && words[0] === '') return [];
  if (most < 0 || words.length <= most + 1) return words;
  const head = words.slice(0, most);
  let rest = text.trimStart();
  for (const word of head) rest = rest.slice(word.length).trimStart();
  return [...head, rest];
}
