/**
 * Mixed load on the local platform for an hour; then nothing may have grown, and nothing be left behind.
 *
 * Usage: node test/proofs/soak/main.ts [--minutes 60] [--seed 1] [--leak NAME] [--snapshots] [--out dist/soak]
 *   --leak NAME   with a leak planted in one process: must be found
 *   --snapshots   heap snapshots in the middle and at the end, to be compared; they swell the memory that is judged
 *   --out         folder for readings.jsonl, one line per round of probes, and snapshots
 * Ends with 1 if something grew or stayed.
 */
import { appendFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LEAKS } from './leaks.ts';
import { complaints, loadTable, notes, seriesTable } from './report.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    leak: { type: 'string' },
    snapshots: { type: 'boolean', default: false },
    out: { type: 'string', default: 'dist/soak' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('--minutes must be a number above 0, --seed a whole number');
  process.exit(2);
}
const leak = LEAKS.find(({ name }) => name === values.leak);
if (values.leak !== undefined && leak === undefined) {
  console.error(`--leak must be one of ${LEAKS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
await mkdir(values.out, { recursive: true });
const seconds = minutes * 60;
const settled = seconds / 4;
const readingsFile = join(values.out, 'readings.jsonl');
await writeFile(readingsFile, '');
const findings = await soak({
  ...{ seconds, settled, seed, handlesOnly: false, probeSeconds: 15, rounds: 2 },
  ...(leak === undefined ? {} : { leak }),
  ...(values.snapshots ? { snapshots: values.out } : {}),
  onProgress: (line) => console.log(line),
  onReadings: (at, readings) => appendFileSync(readingsFile, `${JSON.stringify({ at, readings })}\n`),
});
const { judged } = findings;
console.log(`\n${loadTable(findings)}\n\n${seriesTable(judged)}\n\n${notes(findings).join('\n')}\n`);
const broken = complaints(findings, settled);
for (const line of broken) console.log(`✗ ${line}`);
console.log(broken.length === 0 ? 'Nothing grew, nothing was left behind.' : `${broken.length} complaints`);
process.exitCode = broken.length === 0 ? 0 : 1;
