/**
 * The command line as one file, for npm packages and single executables. CommonJS: what a command does not need is not
 * loaded, while an ES module loads all of Node's own modules that are named anywhere in it, which took `token` half as long again.
 */
import { build, type Metafile } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { BUNDLE_OPTIONS } from '../build/bundle.ts';

const root = new URL('../../', import.meta.url);

/**
 * Bundles `services/cli`.
 *
 * @returns which sources are in it, paths relative to the repository
 */
export async function bundleCli(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...BUNDLE_OPTIONS,
    metafile: true,
    absWorkingDir: root.pathname,
    entryPoints: ['services/cli/main.ts'],
    outfile,
    format: 'cjs',
    // Where the page is embedded, nothing is read beside the program; CommonJS has no import.meta.
    logOverride: { 'empty-import-meta': 'silent' },
    define: { NAAS_ERRORS_PAGE: JSON.stringify(await readFile(new URL('docs/errors.md', root), 'utf8')) },
  });
  return metafile;
}
