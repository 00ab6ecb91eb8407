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

/** The filter `int`: what cannot be read gives the fallback. */
export function toInteger(value: Value, fallback: Value, base: Value): Value {
  const number = numeric(value);
  if (typeof number === 'bigint') return number;
  if (typeof number === 'number') return Number.isFinite(number) ? BigInt(Math.trunc(number)) : fallback;
  if (typeof value !== 'string') return fallback;
  const text = value.trim();
  if (base === 16n && /^[-+]?(?:0x)?[0-9a-f]+$/i.test(text)) return parsePrefixed(text, '0x');
  if (base === 8n && /^[-+]?(?:0o)?[0-7]+$/i.test(text)) return parsePrefixed(text, '0o');
  if (base === 2n && /^[-+]?(?:0b)?[01]+$/i.test(text)) return parsePrefixed(text, '0b');
  if (base !== 10n) return fallback;
  if (/^[-+]?[0-9]{1,4096}$/.test(text)) return BigInt(text.replace(/^\+/, ''));
  const float = toFloat(text, null);
  return typeof float === 'number' && Number.isFinite(float) ? BigInt(Math.trunc(float)) : fallback;
}

function parsePrefixed(text: string, prefix: string): bigint {
  const digits = text.replace(/^[-+]?(?:0[xob])?/i, '');
  const value = BigInt(prefix + digits);
  return text.startsWith('-') ? -value : value;
}

/** The filter `float`. */
export function toFloat(value: Value, fallback: Value): Value {
  const number = numeric(value);
  if (number !== undefined) return Number(number);
  if (typeof value !== 'string') return fallback;
  const text = value.trim();
  return /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?$/i.test(text) ? Number(text) : fallback;
}

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
