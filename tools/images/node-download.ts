/** Node as npm's registry has it, for any platform, checked against the lock file. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { cacheDirectory, type Machine } from '../controlplane/machine.ts';
import type { Entry } from './file-tree.ts';
import { lockedPackage, type LockFile } from './lock-file.ts';
import { readTar } from './tar-reader.ts';

/**
 * Entries of the package by path (`bin/node`, `LICENSE`, …).
 *
 * @throws Error if npm cannot get the package, or got another one than the lock file says.
 */
export async function downloadNode(
  name: string,
  lock: LockFile,
  machine: Machine,
): Promise<Map<string, Entry>> {
  const { version, integrity } = lockedPackage(lock, `node_modules/${name}`);
  const directory = join(cacheDirectory(machine), 'images');
  const file = join(directory, `${name}-${version}.tgz`);
  let content: Buffer | undefined = await readFile(file).catch(() => undefined);
  if (content === undefined || integrityOf(content) !== integrity) {
    await mkdir(directory, { recursive: true });
    content = await npmPack(`${name}@${version}`, directory, file, machine);
    if (integrityOf(content) !== integrity) {
      await rm(file);
      throw new Error(
        `${name}@${version} from the registry has integrity ${integrityOf(content)}, locked is ${integrity}`,
      );
    }
  }
  return new Map(
    [...readTar(gunzipSync(content))].map(({ path, entry }) => [path.replace(/^package\//, ''), entry]),
  );
}

async function npmPack(spec: string, directory: string, file: string, machine: Machine): Promise<Buffer> {
  const target = await mkdtemp(join(directory, '.npm-'));
  try {
    const options = ['--ignore-scripts', '--prefer-offline', '--json', '--pack-destination', target];
    const { code, stdout, stderr } = await machine
      .run('npm', ['pack', spec, ...options])
      .catch((error: Error) => {
        throw new Error(`npm cannot be run (${error.message}): install Node.js with npm`);
      });
    if (code !== 0) throw new Error(`npm could not get ${spec}: ${stderr.trim().split('\n')[0]}`);
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    await rename(join(target, packed?.filename ?? ''), file);
    return await readFile(file);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

function integrityOf(content: Uint8Array): string {
  return `sha512-${createHash('sha512').update(content).digest('base64')}`;
}
