/** What each word of the platform means: docs/errors.md, which goes into the program when it is built. */
import { readFileSync } from 'node:fs';

/** Text of the page; set by the build (tools/cli). */
declare const NAAS_ERRORS_PAGE: string | undefined;

export interface Explanation {
  readonly id: string;
  /** Heading under which it stands, such as `Denials`. */
  readonly section: string;
  readonly text: string;
}

/** Reads the page: sections of `##`, in them a `### Id` for each word, and its text. Pure. */
export function parseExplanations(page: string): Explanation[] {
  const explanations: Explanation[] = [];
  let section = '';
  for (const part of page.split(/^(?=##+ )/m)) {
    const [, level = '', heading = '', text = ''] = /^(##+) (.*)\n([^]*)$/.exec(part) ?? [];
    if (level === '##') section = heading;
    const [id] = heading.split(' ');
    if (level === '###' && id !== undefined) explanations.push({ id, section, text: text.trim() });
  }
  return explanations;
}

/** All words, in the order of the page. */
export function explanations(): Explanation[] {
  const page =
    typeof NAAS_ERRORS_PAGE === 'string'
      ? NAAS_ERRORS_PAGE
      : readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  return parseExplanations(page);
}

/** Explanations of an id in any case; a word may have more than one meaning, or none. */
export function explanationsOf(id: string, all: readonly Explanation[] = explanations()): Explanation[] {
  return all.filter((each) => each.id.toLowerCase() === id.toLowerCase());
}
