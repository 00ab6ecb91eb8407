/**
 * Writes what the chart takes from the rest of the repository (`charts/naas/files/generated`) and the table of values
 * in its README; with `--check` it only compares and exits 1 on a difference.
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { chartFiles } from '../chart/files.ts';
import { valuesTable, type ValueSchema } from '../chart/values-table.ts';

const root = new URL('../../', import.meta.url).pathname;
const chart = join(root, 'charts/naas');
const generated = join(chart, 'files/generated');
const readme = join(chart, 'README.md');
const START = '<!-- values: written by `make generate` -->\n';
const END = '<!-- end of values -->\n';

async function readmeWithTable(): Promise<string> {
  const text = await readFile(readme, 'utf8');
  const [before, rest] = text.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`charts/naas/README.md lacks the line ${START.trim()} or ${END.trim()}`);
  const schema = JSON.parse(await readFile(join(chart, 'values.schema.json'), 'utf8')) as ValueSchema;
  const values: unknown = parse(await readFile(join(chart, 'values.yaml'), 'utf8'));
  return `${before}${START}${valuesTable(schema, values)}${END}${after}`;
}

const files = new Map([[readme, await readmeWithTable()]]);
for (const [path, text] of await chartFiles(root)) files.set(join(generated, path), text);

const present = await readdir(generated, { recursive: true, withFileTypes: true }).catch(() => []);
const surplus = present
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !files.has(path));

if (process.argv.includes('--check')) {
  const differing = [...surplus];
  for (const [path, text] of files) {
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) differing.push(path);
  }
  if (differing.length > 0) {
    const names = differing.map((path) => path.slice(root.length)).join(', ');
    console.error(`${names}: out of date; run \`make generate\` and commit the result.`);
    process.exit(1);
  }
} else {
  for (const path of surplus) await rm(path);
  for (const [path, text] of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
