import { ValueError } from './template-error.ts';
import { Callable, Entity, Undefined, either, equal } from './value.ts';
import type { Dict, Value } from './value.ts';

/** `loop` inside a `for`. */
export class Loop extends Entity {
  readonly kind = 'loop';
  readonly #items: readonly Value[];
  #place = -1;
  #changed: readonly Value[] | undefined;

  constructor(items: readonly Value[]) {
    super();
    this.#items = items;
  }

  advance(): void {
    this.#place++;
  }

  attribute(name: string): Value | undefined {
    const place = this.#place;
    const length = this.#items.length;
    switch (name) {
      case 'index':
        return BigInt(place + 1);
      case 'index0':
        return BigInt(place);
      case 'revindex':
        return BigInt(length - place);
      case 'revindex0':
        return BigInt(length - place - 1);
      case 'first':
        return place === 0;
      case 'last':
        return place === length - 1;
      case 'length':
        return BigInt(length);
      // Only recursive loops, which there are none of, go deeper.
      case 'depth':
        return 1n;
      case 'depth0':
        return 0n;
      case 'previtem':
        return place > 0 ? this.#items[place - 1] : new Undefined('loop.previtem of the first item');
      case 'nextitem':
        return either(this.#items[place + 1], new Undefined('loop.nextitem of the last item'));
      case 'cycle':
        return new Callable('loop.cycle', ({ positional }) => {
          if (positional.length === 0) throw new ValueError('loop.cycle needs values');
          return positional[place % positional.length] ?? null;
        });
      case 'changed':
        return new Callable('loop.changed', ({ positional }) => {
          const before = this.#changed;
          this.#changed = positional;
          return before === undefined || !equal(before, positional);
        });
      default:
        return undefined;
    }
  }
}

/** `namespace()`: the one thing whose fields can be set, so that a loop can leave something behind. */
export class Namespace extends Entity {
  readonly kind = 'namespace';
  readonly #fields: Map<string, Value>;
  constructor(fields: Iterable<readonly [string, Value]>) {
    super();
    this.#fields = new Map(fields);
  }
  attribute(name: string): Value | undefined {
    return this.#fields.get(name);
  }
  set(name: string, value: Value): void {
    this.#fields.set(name, value);
  }
}

/** What `import` gives: the names an imported template set. Names with an underscore in front stay private. */
export class Module extends Entity {
  readonly kind = 'template';
  readonly #exports: ReadonlyMap<string, Value>;
  constructor(exports: ReadonlyMap<string, Value>) {
    super();
    this.#exports = exports;
  }
  attribute(name: string): Value | undefined {
    return name.startsWith('_') ? undefined : this.#exports.get(name);
  }
}

/** A device as templates see it: its fields first, then its data; printed it is its name, as Nornir's Host. */
export class Host extends Entity {
  readonly kind = 'host';
  readonly #fields: ReadonlyMap<string, Value>;
  readonly #data: Dict;
  readonly #name: string;
  constructor(name: string, fields: ReadonlyMap<string, Value>, data: Dict) {
    super();
    this.#name = name;
    this.#fields = fields;
    this.#data = data;
  }
  attribute(name: string): Value | undefined {
    return this.#fields.has(name) ? this.#fields.get(name) : this.#data.get(name);
  }
  override print(): string {
    return this.#name;
  }
}
