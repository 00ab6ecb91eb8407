/**
 * Runs the benchmarks and prints their tables as Markdown: `node bench/run.ts [names…] [--quick] [--sizes A,B,C] [--write]`.
 * `--quick`: small sizes, few runs. `--sizes`: switches, or for `apply` ports of each switch. `--write`: also puts the tables into docs/performance.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import type { Benchmark } from './benchmark.ts';
import { load, machine } from './measure/machine.ts';
import { withSection } from './measure/section.ts';

/** Loaded when they are run: one need not be able to start for another to run. */
const BENCHMARKS: Readonly<Record<string, () => Promise<{ default: Benchmark }>>> = {
  webhook: () => import('./webhook.ts'),
  apply: () => import('./apply.ts'),
  scale: () => import('./scale.ts'),
  enforce: () => import('./enforce.ts'),
  login: () => import('./login.ts'),
};
const DOCUMENT = new URL('../docs/performance.md', import.meta.url);

const { values, positionals } = parseArgs({
  options: {
    sizes: { type: 'string' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const sizes = values.sizes?.split(',').map(Number);
if (sizes?.some((size) => !(Number.isInteger(size) && size > 1))) {
  console.error(`--sizes is "${values.sizes}", must be whole numbers above 1 with commas between`);
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
for (const name of names) {
  if (!(name in BENCHMARKS)) {
    console.error(`There is no benchmark "${name}"; there are ${Object.keys(BENCHMARKS).join(', ')}`);
    process.exit(2);
  }
}

for (const name of names) {
  const started = performance.now();
  const progress = (line: string) =>
    process.stderr.write(`${name} ${((performance.now() - started) / 1000).toFixed(1)} s: ${line}\n`);
  const benchmark = (await BENCHMARKS[name]?.())?.default;
  if (benchmark === undefined) continue;
  const before = load();
  const tables = await benchmark.run({ quick: values.quick, progress, ...(sizes && { sizes }) });
  const took = Math.round((performance.now() - started) / 1000);
  const when = new Date().toISOString().slice(0, 10);
  const facts = `Measured ${when}${values.quick ? ' with --quick' : ''} in ${took} s on ${machine()}; load before ${before}, after ${load()}.`;
  const section = [`## ${benchmark.title}`, benchmark.about, facts, tables].join('\n\n');
  console.log(`${section}\n`);
  if (values.write) await write(name, section);
}

async function write(name: string, section: string): Promise<void> {
  const path = DOCUMENT.pathname;
  const text = withSection(await readFile(path, 'utf8'), name, section);
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
