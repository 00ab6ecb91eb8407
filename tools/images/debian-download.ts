/** Pinned Debian packages from the cache or a mirror. Nothing is used before its SHA-256 is the pinned one. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheDirectory, type Machine } from '../controlplane/machine.ts';
import { MIRRORS, type DebianPackage } from './debian-packages.ts';

/** apt's own downloader: it knows the proxies that this machine's apt is set up with. */
const APT_HELPER = '/usr/lib/apt/apt-helper';

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/**
 * The bytes of a package.
 *
 * @throws Error that names each place tried and what it said.
 */
export async function downloadDebian(
  wanted: DebianPackage,
  machine: Machine,
  mirrors: readonly string[] = MIRRORS,
): Promise<Buffer> {
  const directory = join(cacheDirectory(machine), 'images');
  const file = join(directory, `${wanted.sha256}.deb`);
  const cached = await readFile(file).catch(() => undefined);
  if (cached !== undefined && sha256(cached) === wanted.sha256) return cached;

  await mkdir(directory, { recursive: true });
  const problems: string[] = [];
  for (const mirror of mirrors) {
    try {
      const content = await fetchFrom(`${mirror}${wanted.path}`, wanted.sha256, machine);
      // One rename: nobody finds half a package.
      const half = `${file}.${randomUUID()}`;
      await writeFile(half, content);
      await rename(half, file);
      return content;
    } catch (error) {
      problems.push(`${new URL(mirror).host}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `${basename(wanted.path)} could not be had (${problems.join('; ')}). Put the file with SHA-256 ${wanted.sha256} ` +
      `at ${file}, or see docs/images.md for how to pin another version`,
  );
}

async function fetchFrom(url: string, digest: string, machine: Machine): Promise<Buffer> {
  const content = (await byApt(url, digest, machine)) ?? (await byHttp(url, machine));
  if (sha256(content) !== digest) throw new Error(`the file there has another SHA-256: ${sha256(content)}`);
  return content;
}

/** Undefined on a machine without apt. */
async function byApt(url: string, digest: string, machine: Machine): Promise<Buffer | undefined> {
  const directory = await mkdtemp(join(cacheDirectory(machine), 'images', '.apt-'));
  try {
    const file = join(directory, 'package.deb');
    const options = ['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::https::Timeout=30'];
    const words = [...options, 'download-file', url, file, `SHA256:${digest}`];
    const result = await machine.run(APT_HELPER, words).catch(() => undefined);
    if (result === undefined) return undefined;
    if (result.code !== 0)
      throw new Error(/^E: (.*)$/m.exec(result.stderr)?.[1] ?? `apt-helper ended with ${result.code}`);
    return await readFile(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function byHttp(url: string, machine: Machine): Promise<Buffer> {
  const { status, body } = await machine.download(url);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  if (status !== 200) throw new Error(`it answers ${status}`);
  return Buffer.concat(chunks);
}
