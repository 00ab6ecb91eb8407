/**
 * The command line as a single executable: Node itself with the bundle inside, so that nobody needs to have Node.
 * https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
 */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { bundleCli } from './bundle.ts';

const run = promisify(execFile);

const injector = createRequire(import.meta.url).resolve('postject/dist/cli.js');

/** Names that Node looks for in itself. */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Folder of the Node that runs this, with its licence; as npm and nodejs.org lay it out. */
export const NODE_FOLDER = dirname(dirname(process.execPath));

/**
 * Builds the executable for this machine, with the Node that runs this.
 *
 * @param file path of the executable; there whole or not at all
 * @returns which sources are in it
 */
export async function buildExecutable(file: string): Promise<Metafile> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-executable-'));
  try {
    const main = join(directory, 'kubectl-naas.cjs');
    const output = join(directory, 'blob');
    const configuration = join(directory, 'sea.json');
    const metafile = await bundleCli(main);
    await writeFile(
      configuration,
      JSON.stringify({
        main,
        output,
        disableExperimentalSEAWarning: true,
        // Compiled once here instead of at every start.
        useCodeCache: true,
        // NODE_OPTIONS is meant for programs that people wrote for Node, not for this one.
        execArgvExtension: 'none',
      }),
    );
    await run(process.execPath, ['--experimental-sea-config', configuration]);
    const draft = join(directory, 'kubectl-naas');
    await copyFile(process.execPath, draft);
    await chmod(draft, 0o755);
    // In a process of its own: it prints warnings about sections that nobody looks at.
    await run(process.execPath, [injector, draft, RESOURCE, output, '--sentinel-fuse', FUSE]);
    // The folder of temporary files may be on another disk.
    await copyFile(draft, `${file}.draft`);
    await rename(`${file}.draft`, file);
    return metafile;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
