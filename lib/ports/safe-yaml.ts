import { LineCounter, isAlias, isNode, isPair, isScalar, parseDocument, visit } from 'yaml';
import type { YAMLError } from 'yaml';
import { readBlockYaml } from './block-yaml.ts';
import { slip } from './yaml-slip.ts';

/** The most aliases a document may resolve to (S-20): network models use a few, a bomb needs thousands. */
const MAX_ALIASES = 64;
/** Longest text read, in characters: a ConfigMap or Secret holds at most 1 MiB. */
const MAX_TEXT = 2 * 1024 * 1024;

export class YamlError extends Error {
  override readonly name = 'YamlError';
}

export interface YamlOptions {
  /** Mappings become Map and integers bigint, as the renderer wants them. */
  exact?: boolean;
  /**
   * Plain words and numbers that YAML 1.1 (PyYAML) reads differently are refused: yes, no, on, off, 010.
   * For texts that people write.
   */
  unambiguous?: boolean;
  /** No error holds anything of the text, only what is wrong and where: for texts with credentials (S-63). */
  secret?: boolean;
}

const AMBIGUOUS = /^(?:yes|no|on|off|[-+]?0[0-9]+)$/i;

/**
 * Reads one YAML document (1.2 core schema, with `<<` as Nornir reads it) into plain data.
 * @param what names the text in errors
 * @throws YamlError for broken text, duplicate keys, `__proto__` as key, unknown tags, more than one document,
 * aliases beyond the cap
 */
export function readYaml(text: string, what: string, options: YamlOptions = {}): unknown {
  if (text.length > MAX_TEXT) {
    throw new YamlError(`${what}: has ${text.length} characters, at most ${MAX_TEXT} are read`);
  }
  const own = readOwn(text, options);
  if (own !== undefined) return own;
  const lines = new LineCounter();
  const exact = options.exact === true;
  const secret = options.secret === true;
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: true,
    intAsBigInt: exact,
    prettyErrors: true,
    logLevel: 'error',
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw new YamlError(`${what}: ${secret ? hidden(problem) : shown(problem)}`);
  let aliases = 0;
  const anchors = new Set<string>();
  visit(document, (_, node) => {
    if (isAlias(node)) {
      if (++aliases > MAX_ALIASES) throw new YamlError(`${what}: uses more than ${MAX_ALIASES} aliases`);
      if (secret && !anchors.has(node.source)) {
        throw new YamlError(
          `${what}: an alias (*) has no anchor (&) before it: put text that begins with * into quotes${at(node, lines)}`,
        );
      }
    } else if (isNode(node) && node.anchor !== undefined) anchors.add(node.anchor);
    if (options.unambiguous === true && isScalar(node) && node.type === 'PLAIN') {
      if (AMBIGUOUS.test(node.source ?? '')) {
        const word = secret ? 'this word or number' : (node.source ?? '');
        throw new YamlError(
          `${what}: quote ${word}, or write true, false or a number without leading zero${at(node, lines)}`,
        );
      }
    }
    if (isPair(node)) {
      const key = node.key;
      if (!isScalar(key)) throw new YamlError(`${what}: a key must be a plain value${at(key, lines)}`);
      // `__proto__` reaches an object's prototype wherever such data is assigned.
      if (key.value === '__proto__')
        throw new YamlError(`${what}: key "__proto__" is not allowed${at(key, lines)}`);
    }
  });
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES, mapAsMap: exact });
  } catch (error) {
    // What is left are aliases that multiply, and merges of what is no mapping.
    const told = error instanceof Error ? error.message : String(error);
    throw new YamlError(
      `${what}: ${secret ? 'an alias (*) or a merge (<<) cannot be used as it is written here' : told}`,
    );
  }
}

function shown(problem: YAMLError): string {
  return problem.message.split('\n')[0]?.trim() ?? '';
}

function hidden(problem: YAMLError): string {
  const place = problem.linePos?.[0];
  return `${slip(problem.code)}${place === undefined ? '' : ` (line ${place.line}, column ${place.col})`}`;
}

/** What the platform itself has written is read without a parser of all YAML, which takes twenty times as long. */
function readOwn(text: string, { exact, unambiguous }: YamlOptions): unknown {
  if (exact === true) return undefined;
  if (text.startsWith('{')) return readOwnJson(text);
  return unambiguous === true ? undefined : readBlockYaml(text);
}

/** JSON that {@link JSON.stringify} wrote: what it says twice, or otherwise than this, would not come back the same. */
function readOwnJson(text: string): unknown {
  if (/"(?:__proto__|<<)"/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return `${JSON.stringify(value, null, 2)}\n` === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the value is a mapping as {@link readYaml} gives it. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function at(node: unknown, lines: LineCounter): string {
  const start = (node as { range?: readonly number[] | null } | null)?.range?.[0];
  return start === undefined ? '' : ` (line ${lines.linePos(start).line})`;
}
