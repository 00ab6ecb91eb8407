import type { Key, Value } from './jinja/value.ts';

/**
 * Plain data as templates see it: whole numbers are integers, objects dictionaries of their own entries.
 * @throws Error for what is not data: functions, dates, instances
 */
export function valueOf(data: unknown): Value {
  if (data === null || data === undefined) return null;
  if (typeof data === 'boolean' || typeof data === 'string' || typeof data === 'bigint') return data;
  if (typeof data === 'number') return Number.isSafeInteger(data) ? BigInt(data) : data;
  if (Array.isArray(data)) return data.map(valueOf);
  if (typeof data === 'object') {
    const prototype: unknown = Object.getPrototypeOf(data);
    if (prototype === Object.prototype || prototype === null) {
      return new Map<Key, Value>(Object.entries(data).map(([key, value]) => [key, valueOf(value)]));
    }
  }
  throw new Error(`a ${typeof data} is not data`);
}

/** YAML read exactly (mappings as Map, integers as bigint): a float stays a float, as 2.0. */
export function exactValueOf(data: unknown): Value {
  if (data === null || data === undefined) return null;
  if (typeof data === 'number') return data;
  if (Array.isArray(data)) return data.map(exactValueOf);
  if (data instanceof Map) {
    return new Map<Key, Value>([...data].map(([key, value]) => [exactKey(key), exactValueOf(value)]));
  }
  return valueOf(data);
}

function exactKey(key: unknown): Key {
  if (key === null || ['string', 'bigint', 'boolean', 'number'].includes(typeof key)) return key as Key;
  throw new Error('a key must be a plain value');
}
