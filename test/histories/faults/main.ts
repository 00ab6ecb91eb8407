/**
 * Plants each seeded fault and plays histories until they find it.
 *
 * Usage: node test/histories/faults/main.ts [--only NAME …] [--seeds 5] [--histories 400] [--story] [--write]
 *   --story   prints the story of the first find, made short
 *   --write   puts the table into docs/proofs/seeded-faults.md
 * The sources without a fault are played as a control, as often as all faults together. Ends with 1 if no
 * seed found a fault, or any found something without one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FAULTS, faultNamed } from './faults.ts';
import { hunt } from './hunt.ts';
import type { Find } from './hunt.ts';
import type { Row } from './table.ts';
import { table } from './table.ts';

const DOCUMENT = new URL('../../../docs/proofs/seeded-faults.md', import.meta.url);
const MARKED = /(?<=<!-- table -->\n)[^]*(?=<!-- end of table -->)/;
/** Seeds lie far apart: a seed's histories take the numbers after it. */
const APART = 1_000_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '5' },
    histories: { type: 'string', default: '400' },
    story: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const histories = Number(values.histories);
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => 1 + index * APART);
const faults = values.only?.map(faultNamed) ?? FAULTS;

const found = ({ failure }: Find) => failure !== undefined;

const rows: Row[] = [];
for (const fault of faults) {
  const finds = await hunt({ fault, seeds, histories, shrink: false });
  rows.push({ fault, finds });
  console.log(`${fault.name}: ${finds.map(told).join(', ')}`);
  const first = finds.find(found);
  if (!values.story || first === undefined) continue;
  const [short] = await hunt({ fault, seeds: [first.seed], histories, shrink: true });
  console.log(short?.failure?.story ?? '');
}
const controls: Find[] = [];
if (values.only === undefined) {
  for (const scenario of new Set(faults.map((fault) => fault.scenario))) {
    const finds = await hunt({ fault: undefined, scenario, seeds, histories, shrink: false });
    controls.push(...finds);
    console.log(`no fault, ${scenario ?? 'any history'}: ${finds.map(told).join(', ')}`);
  }
}
console.log(`\n${table(rows, histories)}`);
if (values.write) {
  const text = readFileSync(DOCUMENT, 'utf8');
  if (!MARKED.test(text)) throw new Error('docs/proofs/seeded-faults.md has no place for the table');
  writeFileSync(
    DOCUMENT,
    text.replace(MARKED, () => `\n${table(rows, histories)}\n\n`),
  );
}
const byOne = rows.filter(({ finds }) => finds.some(found));
const byAll = rows.filter(({ finds }) => finds.every(found));
console.log(`\n${byOne.length} of ${rows.length} faults found, ${byAll.length} of them by every seed`);
process.exitCode = byOne.length === rows.length && !controls.some(found) ? 0 : 1;

function told({ failure }: Find): string {
  return failure === undefined ? `not in ${histories}` : `${failure.histories} (${failure.property})`;
}
