import type { ErrorCode } from 'yaml';

const BREAKS = 'the indentation does not fit the lines before';
const QUOTE = 'put text that begins with or holds special characters into quotes';

/** What is wrong with a text that is no YAML, in words that hold nothing of it: it may be a secret (S-63). */
const SLIPS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: `an alias (*) has a tag or an anchor: ${QUOTE}`,
  BAD_ALIAS: `an alias (*) or an anchor (&) has no usable name: ${QUOTE}`,
  BAD_COLLECTION_TYPE: `a tag (!) does not fit the mapping or list after it: ${QUOTE}`,
  BAD_DIRECTIVE: `a directive (%) is not known: ${QUOTE}`,
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins no known escape: write \\\\, or use single quotes',
  BAD_INDENT: BREAKS,
  BAD_PROP_ORDER: `a tag (!) or an anchor (&) stands in the wrong place: ${QUOTE}`,
  BAD_SCALAR_START: `text begins with a character that it cannot begin with: ${QUOTE}`,
  BLOCK_AS_IMPLICIT_KEY: `a second mapping or a list begins on the same line: ${QUOTE}`,
  BLOCK_IN_FLOW: 'a block stands inside brackets or braces: write it in brackets, braces or quotes too',
  DUPLICATE_KEY: 'a key is written twice: keys must be unique',
  IMPOSSIBLE: 'it cannot be read as YAML',
  KEY_OVER_1024_CHARS: `a key is too long: ${QUOTE}`,
  MISSING_CHAR: `a character is missing, such as a comma, a colon, a space or the closing quote: ${QUOTE}`,
  MULTILINE_IMPLICIT_KEY: `a key runs over more than one line: a colon is missing, or ${BREAKS}`,
  MULTIPLE_ANCHORS: `a value has more than one anchor (&): ${QUOTE}`,
  MULTIPLE_DOCS: 'there is more than one document: only one is read',
  MULTIPLE_TAGS: `a value has more than one tag (!): ${QUOTE}`,
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'a tab is used for indentation: use spaces',
  TAG_RESOLVE_FAILED: `a tag (!) is not known or does not fit its value: ${QUOTE}`,
  UNEXPECTED_TOKEN: `something stands where it cannot stand: ${QUOTE}`,
};

/** @param code as the parser gives it */
export function slip(code: ErrorCode): string {
  return SLIPS[code];
}
