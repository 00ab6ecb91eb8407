/** Deepest nesting read. The API server's own objects stay far below. */
const MAX_DEPTH = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads JSON as the API server does, or not at all: two readers that see different things in one text are how a check
 * is evaded (S-73). Refused beside broken JSON: invalid UTF-8, a byte order mark, a key that stands twice in one
 * object, the key `__proto__`, NUL and lone surrogates, nesting deeper than 256.
 * @throws Error with one sentence; it never repeats the text
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error('is not UTF-8');
  }
  if (text.startsWith('\uFEFF')) throw new Error('begins with a byte order mark');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('is not JSON');
  }
  refuseAmbiguity(text);
  return value;
}

/** Walks text that is known to be JSON; iterative, so that nesting cannot exhaust the stack. */
function refuseAmbiguity(text: string): void {
  // One entry per open object or array: the keys seen, or undefined for an array.
  const open: (Set<string> | undefined)[] = [];
  let keyNext = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      const string = decode(text.slice(i, end + 1));
      if (keyNext) {
        if (string === '__proto__') throw new Error('has a key "__proto__"');
        const keys = open.at(-1);
        if (keys?.has(string) === true) throw new Error('has a key twice in one object');
        keys?.add(string);
        keyNext = false;
      }
      i = end;
      continue;
    }
    const character = text[i];
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > MAX_DEPTH) throw new Error(`is nested deeper than ${MAX_DEPTH}`);
      keyNext = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      keyNext = false;
    } else if (character === ',') {
      keyNext = open.at(-1) !== undefined;
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i;
  }
  throw new Error('is not JSON');
}

function decode(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  const string = JSON.parse(literal) as string;
  if (string.includes('\0')) throw new Error('has a NUL in a string');
  if (!string.isWellFormed()) throw new Error('has half a surrogate pair in a string');
  return string;
}
