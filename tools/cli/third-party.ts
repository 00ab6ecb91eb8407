/** Licences of what the command line is made of, as one text. */
import type { Metafile } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledPackages } from '../images/bundled-packages.ts';
import { readLockFile } from '../images/contents.ts';
import { licenceOf } from '../images/licences.ts';
import { NODE_FOLDER } from './executable.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const RULE = `\n\n${'='.repeat(78)}\n\n`;

/** Licences of the npm packages that are in a bundle. */
export async function licencesOfPackages({ outputs }: Metafile): Promise<string> {
  const packages = bundledPackages(outputs, await readLockFile());
  const texts = await Promise.all(
    packages.map(async (bundled) => {
      const { stated, text } = await licenceOf(ROOT, bundled);
      return `${bundled.name} ${bundled.version} (${stated})\n\n${text.trim()}`;
    }),
  );
  return ['This program contains the following packages.', ...texts].join(RULE);
}

/** Licence of Node, for an executable that contains it. */
export async function licenceOfNode(): Promise<string> {
  try {
    return `Node.js ${process.version}\n\n${await readFile(join(NODE_FOLDER, 'LICENSE'), 'utf8')}`;
  } catch {
    return `Node.js ${process.version}: https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
  }
}

/** Our own licence. */
export function ownLicence(): Promise<string> {
  return readFile(join(ROOT, 'LICENSE'), 'utf8');
}
