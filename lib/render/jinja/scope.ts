import type { Value } from './value.ts';

/** Names and values of a block. What is set inside is not seen outside, as in Jinja2. */
export class Scope {
  readonly #values = new Map<string, Value>();
  readonly #parent: Scope | undefined;
  constructor(parent?: Scope, values?: Iterable<readonly [string, Value]>) {
    this.#parent = parent;
    for (const [name, value] of values ?? []) this.#values.set(name, value);
  }

  get(name: string): Value | undefined {
    return this.#values.has(name) ? this.#values.get(name) : this.#parent?.get(name);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** Its own names, for what a template exports. */
  own(): ReadonlyMap<string, Value> {
    return this.#values;
  }
}
