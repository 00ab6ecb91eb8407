/**
 * Builds the platform's image without a container engine.
 *
 * Usage: node tools/images/main.ts [--platform linux/amd64 …] [--out DIR] [--name NAME] [--revision COMMIT] [--source URL]
 *        node tools/images/main.ts --tree DIR --platform linux/amd64      the file system only
 */
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { thisMachine } from '../controlplane/machine.ts';
import { buildImages, stagedTree } from './build.ts';
import { readOrigin } from './origin.ts';
import { PLATFORMS, type Platform } from './platform.ts';
import { writeTree } from './write-tree.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

function chosenPlatforms(names: readonly string[]): ReadonlyMap<string, Platform> {
  return new Map(
    names.map((name) => {
      const platform = PLATFORMS[name];
      if (platform === undefined)
        throw new Error(`--platform is "${name}", must be one of ${Object.keys(PLATFORMS).join(', ')}`);
      return [name, platform];
    }),
  );
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      platform: { type: 'string', multiple: true },
      out: { type: 'string' },
      name: { type: 'string' },
      revision: { type: 'string' },
      source: { type: 'string' },
      tree: { type: 'string' },
    },
  });
  const machine = thisMachine();
  const platforms = chosenPlatforms(values.platform ?? Object.keys(PLATFORMS));
  if (values.tree !== undefined) {
    const [platform, ...more] = platforms.values();
    if (platform === undefined || more.length > 0) throw new Error('--tree needs one --platform');
    await writeTree(await stagedTree(platform, machine), resolve(values.tree));
    return;
  }
  const directory = resolve(values.out ?? `${ROOT}/dist/images`);
  const digests = await buildImages({
    ...{ platforms, directory, machine, onProgress: console.log },
    name: values.name ?? 'network.as.a.service/naas',
    origin: await readOrigin(machine, { revision: values.revision, source: values.source }),
  });
  console.log(`\n${digests.image}:${digests.tag}@${digests.digest}`);
  for (const [name, { digest, archive, compressed, unpacked }] of Object.entries(digests.platforms))
    console.log(
      `  ${name}  ${digest}  ${archive}  ${megabytes(compressed)}, unpacked ${megabytes(unpacked)}`,
    );
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
