/** The executable as krew and people download it: with the licences of everything that is in it. */
import type { Metafile } from 'esbuild';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { fileTree, text } from '../images/file-tree.ts';
import { writeTar } from '../images/tar-writer.ts';
import { licenceOfNode, licencesOfPackages, ownLicence } from './third-party.ts';

const compress = promisify(gzip);

/** @param metafile which sources are in the executable */
export async function writeArchive(file: string, executable: string, metafile: Metafile): Promise<void> {
  const tree = fileTree([
    ['kubectl-naas', { type: 'file', content: await readFile(executable), executable: true }],
    ['LICENSE', text(await ownLicence())],
    ['LICENSE-NODE', text(await licenceOfNode())],
    ['LICENSE-THIRD-PARTY', text(await licencesOfPackages(metafile))],
  ]);
  await writeFile(file, await compress(writeTar(tree)));
}
