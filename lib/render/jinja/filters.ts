import { bind, parameters } from './bind.ts';
import type { Parameter } from './bind.ts';
import { item, path } from './lookup.ts';
import { round, sum, toFloat, toInteger } from './number.ts';
import { print } from './print.ts';
import { ValueError } from './template-error.ts';
import { TESTS } from './tests.ts';
import { capitalize, replaceText, strip } from './text.ts';
import {
  Tuple,
  Undefined,
  capped,
  cappedList,
  defined,
  either,
  equal,
  isDict,
  isList,
  iterate,
  numeric,
  order,
  truth,
  typeName,
} from './value.ts';
import type { Arguments, Value } from './value.ts';

interface Filter {
  signature: readonly Parameter[];
  run: (value: Value, args: Value[]) => Value;
}

const NO_ATTRIBUTE = new Undefined('attribute');

function filter(signature: readonly Parameter[], run: Filter['run']): Filter {
  return { signature, run };
}

/** Filters with the parameters and results of Jinja2 3.1; lists where Jinja2 gives generators. */
const BOUND: { readonly [name: string]: Filter } = {
  abs: filter([], (value) => {
    const number = numeric(defined(value));
    if (number === undefined) throw new ValueError(`abs needs a number, not ${typeName(value)}`);
    return number < 0 ? -number : number;
  }),
  capitalize: filter([], (value) => capitalize(print(value))),
  default: filter(parameters(['default_value', ''], ['boolean', false]), (value, [fallback, falsy]) => {
    if (value instanceof Undefined || (truth(falsy ?? false) && !truth(value))) return either(fallback, '');
    return value;
  }),
  dictsort: filter(
    parameters(['case_sensitive', false], ['by', 'key'], ['reverse', false]),
    (value, [exact, by, reverse]) => {
      const known = defined(value);
      if (!isDict(known)) throw new ValueError(`dictsort needs a dict, not ${typeName(known)}`);
      if (by !== 'key' && by !== 'value') throw new ValueError('by must be "key" or "value"');
      const pairs = [...known].map((entry) => new Tuple(entry));
      return sorted(
        pairs,
        (pair) => item(pair, by === 'key' ? 0n : 1n),
        truth(exact ?? false),
        truth(reverse ?? false),
      );
    },
  ),
  first: filter([], (value) => either(iterate(value)[0], new Undefined('the first of no items'))),
  float: filter(parameters(['default', 0]), (value, [fallback = 0]) => toFloat(defined(value), fallback)),
  groupby: filter(
    parameters('attribute', ['default', NO_ATTRIBUTE], ['case_sensitive', false]),
    (value, [attribute, fallback, exact]) => {
      const pick = picker(attribute ?? null, fallback ?? NO_ATTRIBUTE);
      const sensitive = truth(exact ?? false);
      const groups: { key: Value; shown: Value; items: Value[] }[] = [];
      for (const entry of sorted(iterate(value), pick, sensitive, false)) {
        const key = folded(pick(entry), sensitive);
        const last = groups.at(-1);
        if (last !== undefined && equal(last.key, key)) last.items.push(entry);
        else groups.push({ key, shown: pick(entry), items: [entry] });
      }
      return groups.map(({ shown, items }) => new Tuple([shown, items], ['grouper', 'list']));
    },
  ),
  indent: filter(
    parameters(['width', 4n], ['first', false], ['blank', false]),
    (value, [width, first, blank]) =>
      indent(print(value), width ?? 4n, truth(first ?? false), truth(blank ?? false)),
  ),
  int: filter(parameters(['default', 0n], ['base', 10n]), (value, [fallback = 0n, base = 10n]) =>
    toInteger(defined(value), fallback, base),
  ),
  items: filter([], (value) => {
    if (value instanceof Undefined) return [];
    if (!isDict(value)) throw new ValueError(`items needs a dict, not ${typeName(value)}`);
    return [...value].map((entry) => new Tuple(entry));
  }),
  join: filter(parameters(['d', ''], ['attribute', null]), (value, [mark, attribute]) => {
    const items = iterate(value).map((entry) =>
      attribute === null ? entry : path(entry, attribute ?? null),
    );
    return capped(items.map(print).join(print(mark ?? '')));
  }),
  last: filter([], (value) => either(iterate(value).at(-1), new Undefined('the last of no items'))),
  length: filter([], (value) => BigInt(iterate(value).length)),
  list: filter([], (value) => [...iterate(value)]),
  lower: filter([], (value) => print(value).toLowerCase()),
  max: filter(parameters(['case_sensitive', false], ['attribute', null]), (value, args) =>
    extreme(value, args, -1),
  ),
  min: filter(parameters(['case_sensitive', false], ['attribute', null]), (value, args) =>
    extreme(value, args, 0),
  ),
  replace: filter(parameters('old', 'new', ['count', null]), (value, [old, by, count]) =>
    replaceText(
      print(value),
      print(old ?? ''),
      print(by ?? ''),
      typeof count === 'bigint' ? Number(count) : -1,
    ),
  ),
  reverse: filter([], (value) =>
    typeof value === 'string' ? [...value].toReversed().join('') : [...iterate(value)].toReversed(),
  ),
  round: filter(parameters(['precision', 0n], ['method', 'common']), (value, [precision, method]) =>
    round(defined(value), precision ?? 0n, method ?? 'common'),
  ),
  safe: filter([], (value) => print(value)),
  sort: filter(
    parameters(['reverse', false], ['case_sensitive', false], ['attribute', null]),
    (value, [reverse, exact, attribute]) =>
      sorted(
        iterate(value),
        picker(attribute ?? null, NO_ATTRIBUTE),
        truth(exact ?? false),
        truth(reverse ?? false),
      ),
  ),
  string: filter([], (value) => print(value)),
  sum: filter(parameters(['attribute', null], ['start', 0n]), (value, [attribute, start]) =>
    sum(
      iterate(value).map((entry) => (attribute === null ? entry : path(entry, attribute ?? null))),
      start ?? 0n,
    ),
  ),
  title: filter([], (value) => print(value).replace(/[^-\s({[<]+/g, capitalize)),
  trim: filter(parameters(['chars', null]), (value, [chars]) => strip(print(value), chars ?? null, 'both')),
  unique: filter(parameters(['case_sensitive', false], ['attribute', null]), (value, [exact, attribute]) => {
    const pick = picker(attribute ?? null, NO_ATTRIBUTE);
    const seen = new Set<string>();
    return iterate(value).filter((entry) => {
      const key = folded(pick(entry), truth(exact ?? false));
      const number = numeric(key);
      // 1, 1.0 and True are one; the type keeps 1 and "1" apart.
      const id = number === undefined ? `${typeName(key)}:${print(key)}` : `number:${Number(number)}`;
      return seen.has(id) ? false : seen.add(id) !== undefined;
    });
  }),
  upper: filter([], (value) => print(value).toUpperCase()),
  wordcount: filter([], (value) => BigInt(print(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
};

const ALIASES: { readonly [name: string]: string } = { d: 'default', count: 'length' };

/** Filters that run a test or another filter on each item: their arguments are passed on. */
const PASSING: { readonly [name: string]: (value: Value, args: Arguments) => Value } = {
  map: mapItems,
  select: (value, args) => pickItems(value, args, false, true),
  reject: (value, args) => pickItems(value, args, false, false),
  selectattr: (value, args) => pickItems(value, args, true, true),
  rejectattr: (value, args) => pickItems(value, args, true, false),
};

/** The filters that templates may use. */
export const FILTERS = {
  has(name: string): boolean {
    return Object.hasOwn(BOUND, name) || Object.hasOwn(ALIASES, name) || Object.hasOwn(PASSING, name);
  },
  run(name: string, value: Value, args: Arguments): Value {
    const known = Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
    if (Object.hasOwn(PASSING, known)) return PASSING[known]?.(value, args) ?? null;
    const found = Object.hasOwn(BOUND, known) ? BOUND[known] : undefined;
    if (found === undefined) throw new ValueError(`there is no filter ${name}`);
    const result = found.run(value, bind(`filter ${name}`, found.signature, args));
    if (typeof result === 'string') return capped(result);
    return isList(result) ? cappedList(result) : result;
  },
};

function mapItems(value: Value, args: Arguments): Value {
  const attribute = args.named.get('attribute');
  if (attribute !== undefined) {
    const fallback = args.named.get('default') ?? NO_ATTRIBUTE;
    if (
      args.positional.length > 0 ||
      [...args.named.keys()].some((name) => name !== 'attribute' && name !== 'default')
    ) {
      throw new ValueError('map takes attribute= and default=, or the name of a filter');
    }
    return iterate(value).map(picker(attribute, fallback));
  }
  const [name, ...positional] = args.positional;
  if (typeof name !== 'string' || !FILTERS.has(name))
    throw new ValueError('map needs attribute= or the name of a filter');
  return iterate(value).map((entry) => FILTERS.run(name, entry, { positional, named: args.named }));
}

function pickItems(value: Value, args: Arguments, byAttribute: boolean, keep: boolean): Value {
  if (args.named.size > 0) throw new ValueError('select and reject take no named arguments');
  const [attribute, ...others] = byAttribute ? args.positional : [null, ...args.positional];
  if (attribute === undefined) throw new ValueError('selectattr and rejectattr need an attribute');
  const [name, ...rest] = others;
  if (name !== undefined && (typeof name !== 'string' || !TESTS.has(name))) {
    throw new ValueError(`there is no test ${typeof name === 'string' ? name : typeName(name)}`);
  }
  return iterate(value).filter((entry) => {
    const tested = byAttribute ? path(entry, attribute) : entry;
    const passed = name === undefined ? truth(tested) : TESTS.run(name, tested, rest);
    return passed === keep;
  });
}

/** What a filter's `attribute=` picks from an item; numbers and paths such as "a.b" are possible. */
function picker(attribute: Value, fallback: Value): (entry: Value) => Value {
  if (attribute === null) return (entry) => entry;
  return (entry) => {
    const value = path(entry, attribute);
    return value instanceof Undefined && !(fallback === NO_ATTRIBUTE) ? fallback : value;
  };
}

function folded(value: Value, caseSensitive: boolean): Value {
  return typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value;
}

function sorted(
  items: readonly Value[],
  pick: (entry: Value) => Value,
  exact: boolean,
  reverse: boolean,
): Value[] {
  const sign = reverse ? -1 : 1;
  return items
    .map((entry) => ({ entry, key: folded(pick(entry), exact) }))
    .sort((a, b) => sign * order(a.key, b.key))
    .map(({ entry }) => entry);
}

function extreme(value: Value, [exact, attribute]: Value[], place: 0 | -1): Value {
  const pick = picker(attribute ?? null, NO_ATTRIBUTE);
  const keys = iterate(value).map((entry) => ({ entry, key: folded(pick(entry), truth(exact ?? false)) }));
  let best = keys[0];
  if (best === undefined)
    return new Undefined(place === 0 ? 'the least of no items' : 'the greatest of no items');
  for (const candidate of keys) {
    const difference = order(candidate.key, best.key);
    if (place === 0 ? difference < 0 : difference > 0) best = candidate;
  }
  return best.entry;
}

function indent(text: string, width: Value, first: boolean, blank: boolean): string {
  const size = typeof width === 'bigint' ? Number(width) : 0;
  if (size > 1000) throw new ValueError('the width is beyond 1000');
  const pad = typeof width === 'string' ? width : ' '.repeat(Math.max(0, size));
  const [head = '', ...lines] = text.split('\n');
  const rest = lines.map((line) => (line === '' && !blank ? line : pad + line));
  return [first ? pad + head : head, ...rest].join('\n');
}
