/** Licences of the npm packages that are shipped. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundledPackage } from './bundled-packages.ts';

export interface Licence {
  /** SPDX identifier or expression, as the package states it. */
  readonly stated: string;
  /** Licence and notice files as one text; where there are none, what is stated. */
  readonly text: string;
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice|unlicense)/i;

/**
 * @param root the repository, where `node_modules` is
 * @throws Error for a package that does not state its licence.
 */
export async function licenceOf(root: string, bundled: BundledPackage): Promise<Licence> {
  const folder = join(root, bundled.path);
  const stated = statedIn(await readFile(join(folder, 'package.json'), 'utf8'));
  if (stated === undefined)
    throw new Error(`${bundled.name}@${bundled.version} states no licence: it cannot be shipped`);
  const names = (await readdir(folder)).filter((name) => LICENCE_FILE.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const none = `${bundled.name} ${bundled.version}\n\nIts authors state the licence as: ${stated}\n`;
  return { stated, text: texts.length > 0 ? texts.join('\n\n') : none };
}

/** `license`, or `licenses` of packages from before npm 2. */
function statedIn(json: string): string | undefined {
  const { license, licenses } = JSON.parse(json) as { license?: unknown; licenses?: { type?: string }[] };
  return typeof license === 'string' ? license : licenses?.[0]?.type;
}
