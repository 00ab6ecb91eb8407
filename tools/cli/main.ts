/**
 * Builds the command line: an npm package, and a single executable for this machine.
 *
 * Usage: node tools/cli/main.ts [--out DIR]
 */
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeArchive } from './archive.ts';
import { buildExecutable } from './executable.ts';
import { packPackage } from './package.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

async function say(file: string, what: string): Promise<void> {
  const { size } = await stat(file);
  console.log(`${file}  ${(size / 1e6).toFixed(1)} MB  ${what}`);
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const directory = resolve(values.out ?? join(ROOT, 'dist/cli'));
await mkdir(directory, { recursive: true });
await say(await packPackage(directory), 'npm install --global FILE');

if (process.platform === 'linux') {
  const executable = join(directory, 'kubectl-naas');
  const archive = `${executable}-${process.platform}-${process.arch}.tar.gz`;
  const metafile = await buildExecutable(executable);
  await writeArchive(archive, executable, metafile);
  await say(executable, 'for a folder of PATH; needs no Node');
  await say(archive, 'the same with its licences');
} else {
  console.log('Single executables are built on Linux only: elsewhere the file must be signed as well');
}
