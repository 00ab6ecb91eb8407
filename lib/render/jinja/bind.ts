import { ValueError } from './template-error.ts';
import type { Arguments, Value } from './value.ts';

/** A parameter without fallback must be given. */
export interface Parameter {
  name: string;
  fallback?: Value;
}

/** Reads a signature such as `default_value='', boolean=False` written as pairs. */
export function parameters(...list: (string | readonly [string, Value])[]): readonly Parameter[] {
  return list.map((item) =>
    typeof item === 'string' ? { name: item } : { name: item[0], fallback: item[1] },
  );
}

/** The value of each parameter, given by place or by name, as Python binds them. */
export function bind(what: string, signature: readonly Parameter[], args: Arguments): Value[] {
  if (args.positional.length > signature.length) {
    throw new ValueError(
      `${what} takes at most ${signature.length} arguments, ${args.positional.length} are given`,
    );
  }
  const names = new Set(signature.map(({ name }) => name));
  for (const name of args.named.keys()) {
    if (!names.has(name)) throw new ValueError(`${what} has no argument ${name}`);
  }
  return signature.map(({ name, fallback }, place) => {
    const byName = args.named.get(name);
    const byPlace = args.positional[place];
    if (byPlace !== undefined && byName !== undefined)
      throw new ValueError(`${what}: argument ${name} is given twice`);
    // None is a value like any other.
    const value = [byPlace, byName, fallback].find((given) => given !== undefined);
    if (value === undefined) throw new ValueError(`${what} needs the argument ${name}`);
    return value;
  });
}
