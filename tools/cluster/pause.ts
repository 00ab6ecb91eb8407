/** The program that holds the namespaces of Pods and nodes, and its image. */
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, type Machine } from '../controlplane/machine.ts';
import { fileTree, text } from '../images/file-tree.ts';
import { writeTar } from '../images/tar-writer.ts';

/** Name under which nodes know the image; nothing pulls it. */
export const PAUSE_IMAGE = 'network.as.a.service/pause:local';
const SOURCES = fileURLToPath(new URL('pause', import.meta.url));

/**
 * Path of the program, built by Go unless the cache has it.
 *
 * @throws Error with the words of Go.
 */
export async function pauseProgram(machine: Machine): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'main.go']) hash.update(await readFile(join(SOURCES, name)));
  const folder = join(cacheDirectory(machine), 'binaries');
  const file = join(folder, `pause-${hash.digest('hex').slice(0, 16)}-${machine.os}-${machine.arch}`);
  if (
    await access(file).then(
      () => true,
      () => false,
    )
  )
    return file;
  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, '.staging-pause-'));
  try {
    const made = join(staging, 'pause');
    const result = await machine
      .run('go', ['build', '-trimpath', '-ldflags', '-s -w -buildid=', '-o', made, '.'], {
        directory: SOURCES,
        env: { CGO_ENABLED: '0' },
      })
      .catch(() => undefined);
    if (result === undefined)
      throw new Error('Go is missing (see go.dev/doc/install): it builds tools/cluster/pause');
    if (result.code !== 0) throw new Error(`Go does not build tools/cluster/pause: ${result.stderr.trim()}`);
    await rename(made, file);
    return file;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** The image as Docker archive: one layer with the program alone. */
export async function pauseArchive(program: string, architecture: string): Promise<Buffer> {
  const layer = writeTar(
    fileTree([['pause', { type: 'file', executable: true, content: await readFile(program) }]]),
  );
  const digest = createHash('sha256').update(layer).digest('hex');
  const config = {
    ...{ architecture, os: 'linux' },
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: [PAUSE_IMAGE], Layers: ['layer.tar'] }];
  return writeTar(
    fileTree([
      ['manifest.json', text(JSON.stringify(manifest))],
      ['config.json', text(JSON.stringify(config))],
      ['layer.tar', { type: 'file', content: layer }],
    ]),
  );
}
