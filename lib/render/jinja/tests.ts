import { ValueError } from './template-error.ts';
import {
  Callable,
  Entity,
  Tuple,
  Undefined,
  asKey,
  defined,
  equal,
  isDict,
  isList,
  numeric,
  order,
  typeName,
} from './value.ts';
import type { Value } from './value.ts';

type Test = (value: Value, argument: Value) => boolean;

const isText = (value: Value): value is string => typeof value === 'string';
const isWhole = (value: Value): value is bigint => typeof value === 'bigint';

function whole(value: Value): bigint {
  const number = numeric(defined(value));
  if (typeof number === 'bigint') return number;
  throw new ValueError(`a whole number is needed, not ${typeName(value)}`);
}

/** `x in y` of Python. */
export function contains(container: Value, value: Value): boolean {
  const known = defined(container);
  const wanted = defined(value);
  if (typeof known === 'string') {
    if (typeof wanted !== 'string') throw new ValueError(`a text cannot hold ${typeName(wanted)}`);
    return known.includes(wanted);
  }
  if (isDict(known)) return known.has(asKey(wanted));
  const items = isList(known) ? known : known instanceof Tuple ? known.items : undefined;
  if (items === undefined) throw new ValueError(`"in" needs a list, not ${typeName(known)}`);
  return items.some((item) => equal(item, wanted));
}

const equals: Test = (value, other) => equal(value, other);

/** Tests after `is`, with one argument or none. */
const WITHOUT: { readonly [name: string]: (value: Value) => boolean } = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  integer: isWhole,
  float: (value) => typeof value === 'number',
  number: (value) => numeric(value) !== undefined,
  string: isText,
  mapping: (value) => isDict(value),
  sequence: (value) => isText(value) || isList(value) || value instanceof Tuple || isDict(value),
  iterable: (value) => isText(value) || isList(value) || value instanceof Tuple || isDict(value),
  callable: (value) => value instanceof Callable,
  odd: (value) => whole(value) % 2n !== 0n,
  even: (value) => whole(value) % 2n === 0n,
  lower: (value) => isText(value) && value !== value.toUpperCase() && value === value.toLowerCase(),
  upper: (value) => isText(value) && value !== value.toLowerCase() && value === value.toUpperCase(),
};

const WITH: { readonly [name: string]: Test } = {
  divisibleby: (value, by) => {
    if (whole(by) === 0n) throw new ValueError('division by zero');
    return whole(value) % whole(by) === 0n;
  },
  eq: equals,
  equalto: equals,
  '==': equals,
  ne: (value, other) => !equal(value, other),
  '!=': (value, other) => !equal(value, other),
  lt: (value, other) => order(value, other) < 0,
  '<': (value, other) => order(value, other) < 0,
  lessthan: (value, other) => order(value, other) < 0,
  le: (value, other) => order(value, other) <= 0,
  '<=': (value, other) => order(value, other) <= 0,
  gt: (value, other) => order(value, other) > 0,
  '>': (value, other) => order(value, other) > 0,
  greaterthan: (value, other) => order(value, other) > 0,
  ge: (value, other) => order(value, other) >= 0,
  '>=': (value, other) => order(value, other) >= 0,
  in: (value, container) => contains(container, value),
  sameas: (value, other) =>
    typeName(value) === typeName(other) && !(value instanceof Entity) && equal(value, other),
};

export const TESTS = {
  has(name: string): boolean {
    return Object.hasOwn(WITHOUT, name) || Object.hasOwn(WITH, name);
  },
  /** Only `defined` and `undefined` may be asked of what is not there. */
  run(name: string, value: Value, args: readonly Value[]): boolean {
    if (name !== 'defined' && name !== 'undefined') defined(value);
    if (Object.hasOwn(WITHOUT, name)) {
      if (args.length > 0) throw new ValueError(`test ${name} takes no argument`);
      return WITHOUT[name]?.(value) ?? false;
    }
    const test = Object.hasOwn(WITH, name) ? WITH[name] : undefined;
    const [argument] = args;
    if (test === undefined) throw new ValueError(`there is no test ${name}`);
    if (argument === undefined || args.length > 1) throw new ValueError(`test ${name} takes one argument`);
    return test(value, defined(argument));
  },
};
