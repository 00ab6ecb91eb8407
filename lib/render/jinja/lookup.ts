import { METHODS } from './method.ts';
import { ValueError } from './template-error.ts';
import {
  Entity,
  Tuple,
  Undefined,
  asKey,
  defined,
  either,
  isDict,
  isList,
  numeric,
  typeName,
} from './value.ts';
import type { Value } from './value.ts';

/**
 * `target.name`: an attribute, else the item of that name. There are no other attributes than those of entities
 * and named tuples, so nothing of JavaScript can be reached (S-52).
 */
export function attribute(target: Value, name: string): Value {
  const known = defined(target);
  if (known instanceof Entity) return either(known.attribute(name), missing(known, name));
  if (known instanceof Tuple) {
    const place = known.names.indexOf(name);
    return place < 0 ? missing(known, name) : (known.items[place] ?? null);
  }
  if (METHODS.has(typeName(known), name)) {
    throw new ValueError(`${name} is a method here: call it, or write ["${name}"] for the item`);
  }
  return isDict(known) ? either(known.get(name), missing(known, name)) : missing(known, name);
}

/** `target[key]`: an item, else the attribute of that name. Negative places count from the end. */
export function item(target: Value, key: Value): Value {
  const known = defined(target);
  const wanted = defined(key);
  if (known instanceof Entity || (known instanceof Tuple && typeof wanted === 'string')) {
    if (typeof wanted === 'string') return attribute(known, wanted);
    return missing(known, typeName(wanted));
  }
  if (isDict(known)) return either(known.get(asKey(wanted)), missing(known, wanted));
  const items = isList(known) ? known : known instanceof Tuple ? known.items : undefined;
  const place = numeric(wanted);
  if (typeof place !== 'bigint') return missing(known, wanted);
  const list: readonly Value[] | undefined = items ?? (typeof known === 'string' ? [...known] : undefined);
  return either(list?.at(Number(place)), missing(known, wanted));
}

/** `target.a.b.0` as filters take it in `attribute=`. */
export function path(target: Value, attributes: Value): Value {
  if (typeof attributes === 'bigint') return item(target, attributes);
  if (typeof attributes !== 'string') throw new ValueError('attribute must be a text or a number');
  let value = target;
  for (const part of attributes.split('.')) {
    // A part that is missing makes what follows undefined, as in Jinja2's make_attrgetter.
    value = /^[0-9]+$/.test(part) ? item(value, BigInt(part)) : item(value, part);
  }
  return value;
}

function missing(target: Value, key: Value): Undefined {
  const shown =
    typeof key === 'string' ? JSON.stringify(key) : typeof key === 'bigint' ? String(key) : typeName(key);
  return new Undefined(`${shown} of ${typeName(target)}`);
}
