import { bind, parameters } from './bind.ts';
import type { Parameter } from './bind.ts';
import { ValueError } from './template-error.ts';
import {
  Tuple,
  asKey,
  capped,
  cappedList,
  defined,
  either,
  equal,
  isDict,
  isList,
  iterate,
  typeName,
} from './value.ts';
import type { Arguments, Value } from './value.ts';
import { capitalize, replaceText, splitWhiteSpace, strip, titleWords } from './text.ts';

type Method = readonly [signature: readonly Parameter[], run: (self: never, args: Value[]) => Value];

const TEXT_METHODS: {
  readonly [name: string]: readonly [readonly Parameter[], (self: string, args: Value[]) => Value];
} = {
  upper: [[], (self) => self.toUpperCase()],
  lower: [[], (self) => self.toLowerCase()],
  capitalize: [[], (self) => capitalize(self)],
  title: [[], (self) => titleWords(self)],
  strip: [parameters(['chars', null]), (self, [chars]) => strip(self, chars ?? null, 'both')],
  lstrip: [parameters(['chars', null]), (self, [chars]) => strip(self, chars ?? null, 'left')],
  rstrip: [parameters(['chars', null]), (self, [chars]) => strip(self, chars ?? null, 'right')],
  startswith: [
    parameters('prefix'),
    (self, [prefix]) => affixes(prefix).some((text) => self.startsWith(text)),
  ],
  endswith: [parameters('suffix'), (self, [suffix]) => affixes(suffix).some((text) => self.endsWith(text))],
  replace: [
    parameters('old', 'new', ['count', -1n]),
    (self, [old, by, count]) => replaceText(self, text(old), text(by), Number(integer(count))),
  ],
  split: [
    parameters(['sep', null], ['maxsplit', -1n]),
    (self, [sep, most]) => split(self, sep ?? null, Number(integer(most))),
  ],
  splitlines: [[], (self) => self.replace(/\r?\n$/, '').split(/\r\n|\n|\r/)],
  join: [
    parameters('items'),
    (self, [items]) =>
      capped(
        iterate(items ?? null)
          .map(text)
          .join(self),
      ),
  ],
  find: [
    parameters('sub'),
    (self, [sub]) =>
      BigInt(
        [...self.slice(0, Math.max(0, self.indexOf(text(sub))))].length - (self.includes(text(sub)) ? 0 : 1),
      ),
  ],
  count: [parameters('sub'), (self, [sub]) => BigInt(self.split(text(sub)).length - 1)],
  isdigit: [[], (self) => /^[0-9]+$/.test(self)],
  isalpha: [[], (self) => /^\p{L}+$/u.test(self)],
  isalnum: [[], (self) => /^[\p{L}\p{Nd}]+$/u.test(self)],
  isupper: [[], (self) => self !== self.toLowerCase() && self === self.toUpperCase()],
  islower: [[], (self) => self !== self.toUpperCase() && self === self.toLowerCase()],
  zfill: [parameters('width'), (self, [width]) => zeroFill(self, width ?? null)],
  ljust: [parameters('width', ['fillchar', ' ']), (self, [width, fill]) => self + padding(self, width, fill)],
  rjust: [parameters('width', ['fillchar', ' ']), (self, [width, fill]) => padding(self, width, fill) + self],
};

const DICT_METHODS: { readonly [name: string]: Method } = {
  items: [[], (self: Value) => (isDict(self) ? [...self].map((entry) => new Tuple(entry)) : [])],
  keys: [[], (self: Value) => (isDict(self) ? [...self.keys()] : [])],
  values: [[], (self: Value) => (isDict(self) ? [...self.values()] : [])],
  get: [
    parameters('key', ['default', null]),
    (self: Value, [key, fallback]) =>
      either(isDict(self) ? self.get(asKey(key ?? null)) : undefined, fallback ?? null),
  ],
};

const LIST_METHODS: { readonly [name: string]: Method } = {
  index: [
    parameters('value'),
    (self: Value, [value]) => {
      const place = iterate(self).findIndex((item) => equal(item, value ?? null));
      if (place < 0) throw new ValueError('the list does not hold that value');
      return BigInt(place);
    },
  ],
  count: [
    parameters('value'),
    (self: Value, [value]) => BigInt(iterate(self).filter((item) => equal(item, value ?? null)).length),
  ],
};

/**
 * The methods that templates may call. None changes its object: what a template reads is shared by all sections.
 */
export const METHODS = {
  has(type: string, name: string): boolean {
    return Object.hasOwn(table(type), name);
  },
  call(self: Value, name: string, args: Arguments): Value {
    const known = defined(self);
    const methods = table(typeName(known));
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) throw new ValueError(`${typeName(known)} has no method ${name}`);
    const [signature, run] = method;
    const result = run(known as never, bind(name, signature, args));
    if (typeof result === 'string') return capped(result);
    return isList(result) ? cappedList(result) : result;
  },
};

const NOTHING: { readonly [name: string]: Method } = {};

function table(type: string): { readonly [name: string]: Method } {
  if (type === 'str') return TEXT_METHODS;
  if (type === 'dict') return DICT_METHODS;
  return type === 'list' || type === 'tuple' ? LIST_METHODS : NOTHING;
}

function text(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new ValueError(`a text is needed, not ${typeName(value ?? null)}`);
}

function integer(value: Value | undefined): bigint {
  if (typeof value === 'bigint') return value;
  throw new ValueError(`a whole number is needed, not ${typeName(value ?? null)}`);
}

function affixes(value: Value | undefined): string[] {
  return value instanceof Tuple ? value.items.map(text) : [text(value)];
}

function split(self: string, separator: Value, most: number): string[] {
  if (separator === null) return splitWhiteSpace(self, most);
  const mark = text(separator);
  if (mark === '') throw new ValueError('the separator is empty');
  const parts = self.split(mark);
  return most < 0 || parts.length <= most + 1
    ? parts
    : [...parts.slice(0, most), parts.slice(most).join(mark)];
}

function padding(self: string, width: Value | undefined, fill: Value | undefined): string {
  const missing = Number(integer(width)) - [...self].length;
  if (missing > 10_000) throw new ValueError('the width is beyond 10000');
  return missing > 0 ? text(fill).repeat(missing) : '';
}

function zeroFill(self: string, width: Value): string {
  const sign = /^[-+]/.exec(self)?.[0] ?? '';
  const zeros = padding(self, width, '0');
  return `${sign}${zeros}${self.slice(sign.length)}`;
}
