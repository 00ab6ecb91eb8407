import { ValueError } from './template-error.ts';

/**
 * What a template can hold: Python's values, none of them a JavaScript object with a prototype to climb. Integers
 * are bigint, numbers are floats. Nothing but a namespace can be changed.
 */
export type Value =
  null | boolean | bigint | number | string | readonly Value[] | Tuple | Dict | Undefined | Entity | Callable;

export type Key = string | bigint | number | boolean | null;
/** A dictionary in the order in which it was written. */
export interface Dict extends ReadonlyMap<Key, Value> {
  readonly size: number;
}

export class Tuple {
  readonly items: readonly Value[];
  /** Names of the items, as `grouper` and `list` of groupby. */
  readonly names: readonly string[];
  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** The value of what is not there: any use but asking whether it is there fails (StrictUndefined). */
export class Undefined {
  readonly what: string;
  constructor(what: string) {
    this.what = what;
  }
}

/** Something with named attributes: the host, a loop, a namespace, an imported template. */
export abstract class Entity {
  abstract readonly kind: string;
  abstract attribute(name: string): Value | undefined;
  /** How it is printed; undefined: not at all. */
  print(): string | undefined {
    return undefined;
  }
}

export interface Arguments {
  positional: readonly Value[];
  named: ReadonlyMap<string, Value>;
}

/** A macro or a global function: all that can be called, besides the methods in `methods.ts`. */
export class Callable {
  readonly name: string;
  readonly call: (args: Arguments) => Value;
  constructor(name: string, call: (args: Arguments) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** Longest text a template may build, in characters. */
export const MAX_TEXT = 1024 * 1024;
/** Longest list a template may build. */
export const MAX_LIST = 100_000;

export function isDict(value: Value): value is Dict {
  return value instanceof Map;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Python's name of a value's type, for messages. */
export function typeName(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  if (isList(value)) return 'list';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Entity) return value.kind;
  if (value instanceof Callable) return 'function';
  if (value instanceof Undefined) return 'undefined';
  return 'dict';
}

/** The value itself, or an error that says what is undefined. */
export function defined<T extends Value>(value: T): Exclude<T, Undefined> {
  if (value instanceof Undefined) throw new ValueError(`${value.what} is undefined`);
  return value as Exclude<T, Undefined>;
}

/** Python's truth: empty texts, lists, tuples and dictionaries, zero and None are false. */
export function truth(value: Value): boolean {
  const known = defined(value);
  if (known === null || known === false || known === '' || known === 0n || known === 0) return false;
  if (isList(known)) return known.length > 0;
  if (known instanceof Tuple) return known.items.length > 0;
  return isDict(known) ? known.size > 0 : true;
}

/** What a `for` goes through: items, keys or characters. */
export function iterate(value: Value): readonly Value[] {
  const known = defined(value);
  if (isList(known)) return known;
  if (known instanceof Tuple) return known.items;
  if (isDict(known)) return [...known.keys()];
  if (typeof known === 'string') return [...known];
  throw new ValueError(`${typeName(known)} is not a list`);
}

/** Python's `==`: by value, also for lists and dictionaries; 1, 1.0 and True are equal, 1 and "1" are not. */
export function equal(left: Value, right: Value): boolean {
  const a = defined(left);
  const b = defined(right);
  const number = numeric(a);
  if (number !== undefined) {
    const other = numeric(b);
    // JavaScript compares bigint and number by mathematical value, as Python does.
    return other !== undefined && number == other;
  }
  if (isList(a)) return isList(b) && equalItems(a, b);
  if (a instanceof Tuple) return b instanceof Tuple && equalItems(a.items, b.items);
  if (isDict(a)) {
    if (!isDict(b) || a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = b.get(key);
      if (other === undefined || !equal(value, other)) return false;
    }
    return true;
  }
  return a === b;
}

function equalItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, i) => equal(item, b[i] ?? null));
}

/** Below zero, zero or above, for what Python can order; otherwise an error. */
export function order(left: Value, right: Value): number {
  const a = defined(left);
  const b = defined(right);
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return orderTexts(a, b);
  const items = isList(a) && isList(b) ? ([a, b] as const) : tupleItems(a, b);
  if (items !== undefined) return orderItems(...items);
  throw new ValueError(`${typeName(a)} and ${typeName(b)} have no order`);
}

function tupleItems(a: Value, b: Value): readonly [readonly Value[], readonly Value[]] | undefined {
  return a instanceof Tuple && b instanceof Tuple ? [a.items, b.items] : undefined;
}

function orderItems(a: readonly Value[], b: readonly Value[]): number {
  for (const [i, item] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (!equal(item, other)) return order(item, other);
  }
  return a.length - b.length;
}

/** By code point, as Python; JavaScript compares UTF-16 units. */
function orderTexts(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (const [i, character] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (character !== other) return (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}

/** Numbers and booleans as numbers. */
export function numeric(value: Value): bigint | number | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'bigint' || typeof value === 'number' ? value : undefined;
}

/** A key as a dictionary stores it: integral floats and integers are one key. */
export function asKey(value: Value): Key {
  const known = defined(value);
  if (typeof known === 'number' && Number.isSafeInteger(known)) return BigInt(known);
  if (known === null || ['string', 'bigint', 'boolean', 'number'].includes(typeof known)) return known as Key;
  throw new ValueError(`${typeName(known)} cannot be a key`);
}

/** The value, None included, or what stands for one that is not there. */
export function either(value: Value | undefined, otherwise: Value): Value {
  return value === undefined ? otherwise : value;
}

/** Text that is not longer than a template may build. */
export function capped(text: string): string {
  if (text.length > MAX_TEXT) throw new ValueError(`the text grows beyond ${MAX_TEXT} characters`);
  return text;
}

/** A list that is not longer than a template may build. */
export function cappedList(list: readonly Value[]): readonly Value[] {
  if (list.length > MAX_LIST) throw new ValueError(`the list grows beyond ${MAX_LIST} items`);
  return list;
}
