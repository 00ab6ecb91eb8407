import { ValueError } from './template-error.ts';
import { Entity, Tuple, capped, defined, isDict, isList, typeName } from './value.ts';
import type { Value } from './value.ts';

/** The text of a value as `{{ }}` and `~` print it: Python's `str`. Undefined values and functions fail. */
export function print(value: Value): string {
  const known = defined(value);
  if (typeof known === 'string') return known;
  return capped(represent(known, 0));
}

/** Python's `repr`, as for the items of a printed list. */
function represent(value: Value, depth: number): string {
  const known = defined(value);
  if (depth > 32) throw new ValueError('the value is nested too deeply to be printed');
  if (known === null) return 'None';
  if (known === true) return 'True';
  if (known === false) return 'False';
  if (typeof known === 'bigint') return String(known);
  if (typeof known === 'number') return printFloat(known);
  if (typeof known === 'string') return quote(known);
  const all = (items: readonly Value[]): string => items.map((item) => represent(item, depth + 1)).join(', ');
  if (isList(known)) return `[${all(known)}]`;
  if (known instanceof Tuple)
    return known.items.length === 1 ? `(${all(known.items)},)` : `(${all(known.items)})`;
  if (isDict(known)) {
    const entries = [...known].map(
      ([key, item]) => `${represent(key, depth + 1)}: ${represent(item, depth + 1)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  const text = known instanceof Entity ? known.print() : undefined;
  if (text === undefined) throw new ValueError(`${typeName(known)} cannot be printed`);
  return text;
}

/** Python's shortest form of a float: 2.0, 1e-05, 1e+16. */
function printFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? `${value}.0` : plain(digits, exponent);
}

function plain(digits: string, exponent: number): string {
  const sign = digits.startsWith('-') ? '-' : '';
  const all = digits.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${all}`;
  return `${sign}${all.slice(0, exponent + 1)}.${all.slice(exponent + 1)}`;
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  // oxlint-disable-next-line no-control-regex -- Python escapes these
  const body = text.replace(/[\\'"\x00-\x1f\x7f]/g, (character) => {
    if (character === '\\') return '\\\\';
    if (character === "'" || character === '"') return character === mark ? `\\${mark}` : character;
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return short ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `${mark}${body}${mark}`;
}
