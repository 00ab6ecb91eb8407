import { ValueError } from './template-error.ts';
import { MAX_LIST, Tuple, isDict, isList } from './value.ts';
import type { Value } from './value.ts';

const known = new WeakMap<object, number>();

/**
 * How many values a value holds, all levels counted. Lists may share their items, so that 64 small steps build one
 * of 2^64 values; what would be that large is refused where it is made, before anything walks through it.
 * Texts weigh one for every 64 characters.
 */
export function weigh(value: Value): number {
  if (typeof value === 'string') return 1 + (value.length >> 6);
  if (typeof value !== 'object' || value === null) return 1;
  const before = known.get(value);
  if (before !== undefined) return before;
  let weight = 1;
  for (const part of parts(value)) weight += weigh(part);
  if (weight > MAX_LIST) throw new ValueError(`the list grows beyond ${MAX_LIST} items`);
  known.set(value, weight);
  return weight;
}

function parts(value: Value): Iterable<Value> {
  if (isList(value)) return value;
  if (value instanceof Tuple) return value.items;
  return isDict(value) ? value.values() : [];
}
