import { ValueError } from './template-error.ts';
import { Tuple, capped, cappedList, defined, isList, numeric, typeName } from './value.ts';
import type { Value } from './value.ts';
import type { BinaryOperator } from './syntax.ts';

/** Most digits a whole number may have. */
const MAX_DIGITS = 4096;

/** An arithmetic operator with Python's results: `/` gives a float, `//` and `%` round down. */
export function calculate(operator: Exclude<BinaryOperator, '~'>, left: Value, right: Value): Value {
  const a = defined(left);
  const b = defined(right);
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return calculateNumbers(operator, x, y);
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return capped(a + b);
    if (isList(a) && isList(b)) return cappedList([...a, ...b]);
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple(cappedList([...a.items, ...b.items]));
  }
  if (operator === '*') {
    if (typeof a === 'string' && typeof y === 'bigint') return repeat(a, y);
    if (typeof b === 'string' && typeof x === 'bigint') return repeat(b, x);
  }
  if (operator === '%' && typeof a === 'string')
    throw new ValueError('"%" does not format texts here, write ~');
  throw new ValueError(`${typeName(a)} ${operator} ${typeName(b)} is not possible`);
}

function calculateNumbers(
  operator: Exclude<BinaryOperator, '~'>,
  x: bigint | number,
  y: bigint | number,
): Value {
  if ((operator === '/' || operator === '//' || operator === '%') && y == 0)
    throw new ValueError('division by zero');
  if (operator === '/') return Number(x) / Number(y);
  if (typeof x === 'bigint' && typeof y === 'bigint') return calculateWhole(operator, x, y);
  const a = Number(x);
  const b = Number(y);
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    case '**':
      return a ** b;
  }
}

function calculateWhole(operator: Exclude<BinaryOperator, '~' | '/'>, x: bigint, y: bigint): Value {
  const whole = x / divisor(y);
  const rest = x % divisor(y);
  const down = rest !== 0n && rest < 0n !== y < 0n;
  switch (operator) {
    case '+':
      return bounded(x + y);
    case '-':
      return bounded(x - y);
    case '*':
      return bounded(x * y);
    case '//':
      return down ? whole - 1n : whole;
    case '%':
      return down ? rest + y : rest;
    case '**':
      if (y < 0n) return Number(x) ** Number(y);
      if (y * BigInt(String(x).length) > BigInt(MAX_DIGITS))
        throw new ValueError('the number grows too long');
      return x ** y;
  }
}

/** Zero is refused before it divides; the other operators do not look at the result. */
function divisor(y: bigint): bigint {
  return y === 0n ? 1n : y;
}

function bounded(value: bigint): bigint {
  // A comparison is cheaper than printing the number.
  if (value > LIMIT || value < -LIMIT) throw new ValueError('the number grows too long');
  return value;
}
const LIMIT = 10n ** BigInt(MAX_DIGITS);

function repeat(text: string, times: bigint): string {
  const count = times < 0n ? 0n : times;
  if (count * BigInt(text.length) > 1_000_000n) throw new ValueError('the text grows too long');
  return text.repeat(Number(count));
}

/** The filter `int`: a text that is no whole number in this base is read as a float; what cannot be read gives the fallback. */
export function toInteger(value: Value, fallback: Value, base: Value): Value {
  const number = numeric(value);
  if (typeof number === 'bigint') return number;
  if (typeof number === 'number') return Number.isFinite(number) ? BigInt(Math.trunc(number)) : fallback;
  if (typeof value !== 'string') return fallback;
  const text = value.trim();
  const whole = parseWhole(text, base);
  if (whole !== undefined) return bounded(whole);
  const float = toFloat(text, null);
  return typeof float === 'number' && Number.isFinite(float) ? BigInt(Math.trunc(float)) : fallback;
}

const PREFIXES: ReadonlyMap<string, number> = new Map([
  ['0b', 2],
  ['0o', 8],
  ['0x', 16],
]);

/** What Python's `int(text, base)` reads; undefined where it raises. Base 0: as the prefix says. */
function parseWhole(text: string, given: Value): bigint | undefined {
  const wanted = numeric(given);
  if (typeof wanted !== 'bigint' || wanted < 0n || wanted === 1n || wanted > 36n) return undefined;
  // Lower case would make a letter of the sign for Kelvin.
  if (/[^\x21-\x7e]/.test(text)) return undefined;
  const unsigned = text.replace(/^[-+]/, '').toLowerCase();
  const announced = PREFIXES.get(unsigned.slice(0, 2));
  // In base 16 the 0b of 0b1 are digits.
  const prefixed = announced !== undefined && (wanted === 0n || wanted === BigInt(announced));
  const base = prefixed ? announced : wanted === 0n ? 10 : Number(wanted);
  const written = prefixed ? unsigned.slice(2).replace(/^_/, '') : unsigned;
  if (!/^[0-9a-z]+(?:_[0-9a-z]+)*$/.test(written)) return undefined;
  const digits = written.replaceAll('_', '');
  if (wanted === 0n && !prefixed && /^0+[^0]/.test(digits)) return undefined;
  if ([...digits].some((digit) => !(parseInt(digit, 36) < base))) return undefined;
  if (digits.length > MAX_DIGITS) throw new ValueError('the number grows too long');
  const value = readDigits(digits, base);
  return text.startsWith('-') ? -value : value;
}

function readDigits(digits: string, base: number): bigint {
  if (base === 10) return BigInt(digits);
  const scale = BigInt(base);
  let value = 0n;
  for (const digit of digits) value = value * scale + BigInt(parseInt(digit, 36));
  return value;
}

/** The filter `float`. */
export function toFloat(value: Value, fallback: Value): Value {
  const number = numeric(value);
  if (number !== undefined) return Number(number);
  if (typeof value !== 'string') return fallback;
  const text = value.trim();
  return FLOAT.test(text) ? Number(text.replaceAll('_', '')) : fallback;
}
/** Underscores between digits, as Python. */
const DIGITS = '[0-9]+(?:_[0-9]+)*';
const FLOAT = new RegExp(`^[-+]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[-+]?${DIGITS})?$`, 'i');

/** The filter `round`: to the even neighbour in the middle, as Python. */
export function round(value: Value, precision: Value, method: Value): Value {
  const number = numeric(value);
  if (number === undefined) throw new ValueError(`round needs a number, not ${typeName(value)}`);
  if (typeof precision !== 'bigint' || precision < 0n || precision > 12n) {
    throw new ValueError('the precision must be 0 to 12');
  }
  const scale = 10 ** Number(precision);
  const x = Number(number);
  if (method === 'ceil') return Math.ceil(x * scale) / scale;
  if (method === 'floor') return Math.floor(x * scale) / scale;
  if (method !== 'common') throw new ValueError('the method must be common, ceil or floor');
  if (typeof number === 'bigint') return number;
  const near = Math.round(x);
  if (precision === 0n) return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : near;
  return Number(x.toFixed(Number(precision)));
}

/** The filter `sum`. */
export function sum(items: readonly Value[], start: Value): Value {
  return items.reduce<Value>((total, item) => calculate('+', total, item), start);
}
