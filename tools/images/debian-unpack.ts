/** What a Debian package installs: deb(5), an ar archive around a compressed tar archive. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../controlplane/machine.ts';
import { readAr } from './ar.ts';
import type { Entry } from './file-tree.ts';
import { readTar } from './tar-reader.ts';

export interface UnpackedPackage {
  /** What it says of itself: name, version, source. */
  readonly control: Uint8Array;
  /** What it installs, by path. */
  readonly files: ReadonlyMap<string, Entry>;
}

/** @throws Error if it is no package of Debian, or `xz` is missing. */
export async function unpackDebian(content: Buffer, machine: Machine): Promise<UnpackedPackage> {
  const members = readAr(content);
  const [about, files] = await Promise.all(['control.tar.xz', 'data.tar.xz'].map(entriesOf));
  const control = about?.get('control');
  if (control?.type !== 'file' || files === undefined) throw new Error('The package has no control file');
  return { control: control.content, files };

  async function entriesOf(name: string): Promise<ReadonlyMap<string, Entry>> {
    const member = members.get(name);
    if (member === undefined)
      throw new Error(`The package has no ${name}, which every package of Debian has`);
    const tar = await decompressXz(member, machine);
    return new Map([...readTar(tar)].map(({ path, entry }) => [path, entry]));
  }
}

/** Node cannot read xz; the program is part of every Linux distribution. */
async function decompressXz(data: Uint8Array, machine: Machine): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-xz-'));
  try {
    const file = join(directory, 'data.tar');
    await writeFile(`${file}.xz`, data);
    const { code, stderr } = await machine.run('xz', ['--decompress', `${file}.xz`]).catch((error: Error) => {
      throw new Error(`xz cannot be run (${error.message}): install xz-utils`);
    });
    if (code !== 0) throw new Error(`xz cannot read the package: ${stderr.trim()}`);
    return await readFile(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
