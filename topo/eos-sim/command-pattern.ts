/**
 * The one matcher for configuration and exec commands. A pattern is words and arguments:
 * `switchport trunk allowed vlan <vlans>`, `spanning-tree portfast edge|network`.
 * EOS takes every keyword by an unambiguous beginning, so `sh run int et2-3` works.
 *
 * Arguments: `<word>` one word · `<text>` the rest of the line as typed · `<number:1-4094>` ·
 * `<vlans>` VLAN list · `<prefix>` IPv4 prefix or address · `<interfaces>` name or range, one or two words.
 */
export type Part =
  | { readonly type: 'keyword'; readonly words: readonly string[] }
  | { readonly type: 'argument'; readonly kind: string; readonly low: number; readonly high: number };

export interface Word {
  readonly text: string;
  readonly lower: string;
  /** Offset in the line. */
  readonly start: number;
}

export interface Match {
  /** Every matched part in canonical spelling. */
  readonly parts: readonly string[];
  /** Arguments only. */
  readonly args: readonly string[];
  /** Keywords that were typed in full; decides between rules that both match. */
  readonly exact: number;
}

export type Outcome = { match: Match } | { incomplete: true } | undefined;

const compiled = new Map<string, readonly Part[]>();

function compile(pattern: string): readonly Part[] {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const parts = pattern.split(' ').map((word): Part => {
    const argument = /^<(\w+)(?::(\d+)-(\d+))?>$/.exec(word);
    if (argument === null) return { type: 'keyword', words: word.split('|') };
    const [, kind = '', low = '0', high = '4294967295'] = argument;
    return { type: 'argument', kind, low: Number(low), high: Number(high) };
  });
  compiled.set(pattern, parts);
  return parts;
}

/** Splits a line at blanks. */
export function words(line: string): Word[] {
  return [...line.matchAll(/\S+/g)].map((found) => {
    const [text] = found;
    return { text, lower: text.toLowerCase(), start: found.index };
  });
}

/** The word of a keyword that was meant, and whether it was typed in full. */
function keyword(
  part: { readonly words: readonly string[] },
  lower: string,
): { word: string; exact: boolean } | undefined {
  const [only] = part.words;
  if (part.words.length === 1 && only !== undefined) {
    return only.startsWith(lower) ? { word: only, exact: only.length === lower.length } : undefined;
  }
  if (part.words.includes(lower)) return { word: lower, exact: true };
  const candidates = part.words.filter((word) => word.startsWith(lower));
  const [word] = candidates;
  return word !== undefined && candidates.length === 1 ? { word, exact: false } : undefined;
}

const PREFIX = /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?$/;
const LIST = /^[\d,-]+$/;
// Each of these is linear in the length of its input: a line is what the other side sends.
const INTERFACE_KIND = /^[A-Za-z]+(?:-[A-Za-z]+)*$/;
const INTERFACE_NUMBERS = /^\d[\d/,-]*$/;
const INTERFACE = /^[A-Za-z]+(?:-[A-Za-z]+)*\d[\d/,-]*$/;

/** How many words an argument takes, and its text; undefined if it does not fit. */
function argument(
  part: { kind: string; low: number; high: number },
  line: string,
  typed: readonly Word[],
  index: number,
): { text: string; length: number } | undefined {
  const word = typed[index];
  if (word === undefined) return undefined;
  const one = (fits: boolean) => (fits ? { text: word.text, length: 1 } : undefined);
  switch (part.kind) {
    case 'word':
      return one(true);
    case 'text':
      return { text: line.slice(word.start).trimEnd(), length: typed.length - index };
    case 'number':
      return one(
        /^\d{1,10}$/.test(word.text) && Number(word.text) >= part.low && Number(word.text) <= part.high,
      );
    case 'vlans':
      return one(LIST.test(word.text));
    case 'prefix':
      return one(PREFIX.test(word.text));
    case 'interfaces': {
      if (INTERFACE.test(word.text)) return one(true);
      const numbers = typed[index + 1]?.text ?? '';
      return INTERFACE_KIND.test(word.text) && INTERFACE_NUMBERS.test(numbers)
        ? { text: `${word.text}${numbers}`, length: 2 }
        : undefined;
    }
    default:
      throw new Error(`Pattern names an unknown argument <${part.kind}>`);
  }
}

/**
 * @param line the command as typed, trimmed
 * @param required how many leading parts must be there: `no description` needs no text. Default all.
 */
export function matchPattern(
  pattern: string,
  line: string,
  typed: readonly Word[],
  required?: number,
): Outcome {
  const parts = compile(pattern);
  const [first] = parts;
  // Most patterns of a mode fail here; nothing is made for them.
  if (first?.type === 'keyword' && typed[0] !== undefined && keyword(first, typed[0].lower) === undefined) {
    return undefined;
  }
  const canonical: string[] = [];
  const args: string[] = [];
  let exact = 0;
  let index = 0;
  for (const [position, part] of parts.entries()) {
    const word = typed[index];
    if (word === undefined) {
      return position >= (required ?? parts.length)
        ? { match: { parts: canonical, args, exact } }
        : { incomplete: true };
    }
    if (part.type === 'keyword') {
      const found = keyword(part, word.lower);
      if (found === undefined) return undefined;
      canonical.push(found.word);
      if (found.exact) exact += 1;
      index += 1;
      continue;
    }
    const found = argument(part, line, typed, index);
    if (found === undefined) return undefined;
    canonical.push(found.text);
    args.push(found.text);
    index += found.length;
  }
  return index === typed.length ? { match: { parts: canonical, args, exact } } : undefined;
}
