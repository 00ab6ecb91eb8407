import { bind, parameters } from './bind.ts';
import { Namespace } from './entities.ts';
import { ValueError } from './template-error.ts';
import { Callable, MAX_LIST, isDict } from './value.ts';
import type { Value } from './value.ts';

/** Functions that every template has. */
export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', new Callable('range', (args) => range(bind('range', RANGE, args)))],
  [
    'dict',
    new Callable('dict', ({ positional, named }) => {
      const [base] = positional;
      if (positional.length > 1 || (base !== undefined && !isDict(base)))
        throw new ValueError('dict takes one dict');
      return new Map([...(base === undefined ? [] : base), ...named]);
    }),
  ],
  [
    'namespace',
    new Callable('namespace', ({ positional, named }) => {
      const [base] = positional;
      if (positional.length > 1 || (base !== undefined && !isDict(base)))
        throw new ValueError('namespace takes one dict');
      const fields = base === undefined ? [] : [...base].map(([key, value]) => [String(key), value] as const);
      return new Namespace([...fields, ...named]);
    }),
  ],
]);

const RANGE = parameters('start', ['stop', null], ['step', 1n]);

function range([first, second, step]: Value[]): Value {
  const [start, stop] = second === null ? [0n, first] : [first, second];
  if (typeof start !== 'bigint' || typeof stop !== 'bigint' || typeof step !== 'bigint' || step === 0n) {
    throw new ValueError('range takes whole numbers, and a step that is not zero');
  }
  const distance = step > 0n ? stop - start : start - stop;
  const width = step > 0n ? step : -step;
  const size = distance <= 0n ? 0n : (distance + width - 1n) / width;
  // Refused before anything is built.
  if (size > BigInt(MAX_LIST))
    throw new ValueError(`range has ${size} items, at most ${MAX_LIST} are possible`);
  return Array.from({ length: Number(size) }, (_, i) => start + BigInt(i) * step);
}
