/** The child of `hunt`: plays the histories of some seeds and prints each find as a line of JSON. */
import { parseArgs } from 'node:util';
import { runHistories } from '../run.ts';
import type { Find } from './hunt.ts';
import { unplanted } from './plant.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    histories: { type: 'string', default: '100' },
    scenario: { type: 'string' },
    shrink: { type: 'boolean', default: false },
  },
});
for (const seed of values.seeds.split(',').map(Number)) {
  const failure = await runHistories({
    seed,
    histories: Number(values.histories),
    shrink: values.shrink,
    ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
  });
  const find: Find = { seed, ...(failure === undefined ? {} : { failure }) };
  process.stdout.write(`${JSON.stringify(find)}\n`);
}
// Asked at the end: some sources are loaded late.
const missing = unplanted();
if (missing.length > 0)
  throw new Error(`the histories never loaded ${missing.join(', ')}: nothing was tried`);
