/** The command line as an npm package: one bundled file, two names, no dependencies. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleCli } from './bundle.ts';
import { licencesOfPackages, ownLicence } from './third-party.ts';

const run = promisify(execFile);

/** What we say of ourselves in package.json. */
interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: object;
}

const PAGE = `# kubectl naas

Command line of NaaS, network as a service on Kubernetes: log in, see who holds switch ports, ask why a request is not
ready. Runs as \`kubectl naas\` and as \`naas\`.

    npm install --global kubectl-naas
    kubectl naas --help
`;

/**
 * Packs the package.
 *
 * @param directory is made; the unpacked package is in `npm/` of it
 * @returns path of the archive
 */
export async function packPackage(directory: string): Promise<string> {
  const folder = join(directory, 'npm');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const bundle = 'kubectl-naas.cjs';
  const metafile = await bundleCli(join(folder, bundle));
  const own = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;
  const manifest = {
    name: 'kubectl-naas',
    version: own.version,
    description:
      'kubectl plugin of NaaS: log in, see who holds switch ports, ask why a request is not ready.',
    license: own.license,
    keywords: ['kubectl', 'kubectl-plugin', 'network'],
    bin: { 'kubectl-naas': bundle, naas: bundle },
    engines: own.engines,
  };
  const files = {
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    'README.md': PAGE,
    LICENSE: await ownLicence(),
    'LICENSE-THIRD-PARTY': await licencesOfPackages(metafile),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    {
      cwd: folder,
    },
  );
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  return join(directory, packed.filename);
}
