/**
 * The plainest of YAML, quickly: nested block mappings of two spaces, each value on its key's line, no lists, no
 * comments, no escapes. It is what the platform itself writes as the model of a switch; a parser of all YAML takes 10 ms
 * of CPU for 48 ports, this one a fraction of one.
 */
const LINE = /^((?: {2})*)(?:"([ !#-[\]-~]*)"|([A-Za-z_][A-Za-z0-9_.-]*|[0-9]+(?:\/[0-9]+)+)):(?: (.+))?$/;
const QUOTED = /^"([ !#-[\]-~]*)"$/;
const INTEGER = /^-?(?:0|[1-9][0-9]{0,14})$/;
/** Begins with a letter, has nothing that could end it or mean something. */
const WORDS = /^[A-Za-z](?:[A-Za-z0-9 ._/()+=@,-]*[A-Za-z0-9._/()+=@-])?$/;
/** These begin with a digit and are no numbers all the same. */
const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z$/;
/** Port or VLAN ranges. */
const RANGES = /^[0-9]+(?:[,-][0-9]+)+$/;
const NOT_TEXT = /^(?:null|true|false)$/i;

/** A mapping, whose values are mappings and plain values. */
export interface Block {
  [key: string]: Block | string | number | boolean;
}

/**
 * @returns what the text says, exactly as a parser of all YAML (1.2 core schema) would read it; undefined for every text
 * that is not of this plainest kind, so that one must be asked
 */
export function readBlockYaml(text: string): Block | undefined {
  const root: Block = {};
  const open: Block[] = [root];
  /** The last line had no value: the next one must be inside it. */
  let inside = false;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    const [, indent = '', quoted, plain = '', value] = LINE.exec(line) ?? [undefined];
    const depth = indent.length / 2;
    const key = quoted ?? plain;
    // Deeper only, and just one step, after a key without value.
    if (line === '' || (inside ? depth !== open.length - 1 : !(depth < open.length))) return undefined;
    open.length = depth + 1;
    const block = open[depth];
    if (block === undefined || key === '__proto__' || Object.hasOwn(block, key)) return undefined;
    if (quoted === undefined && (plain === '' || NOT_TEXT.test(plain))) return undefined;
    inside = value === undefined;
    if (value === undefined) {
      const next: Block = {};
      block[key] = next;
      open.push(next);
      continue;
    }
    const scalar = readScalar(value);
    if (scalar === undefined) return undefined;
    block[key] = scalar;
  }
  return inside || lines.length === 0 ? undefined : root;
}

function readScalar(text: string): string | number | boolean | undefined {
  if (INTEGER.test(text)) return text === '-0' ? undefined : Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  if (NOT_TEXT.test(text)) return undefined;
  return [WORDS, UID, TIME, RANGES].some((form) => form.test(text)) ? text : undefined;
}
