/** The platform's image for this machine, as nodes get it without a registry. */
import { join } from 'node:path';
import { thisMachine } from '../controlplane/machine.ts';
import { buildImages } from '../images/build.ts';
import { readOrigin } from '../images/origin.ts';
import { PLATFORMS } from '../images/platform.ts';
import type { ClusterNode } from './node.ts';

const NAME = 'network.as.a.service/naas';

export interface ServiceImage {
  readonly repository: string;
  /** Of the manifest for this machine. */
  readonly digest: string;
  readonly tag: string;
  readonly archive: string;
}

/** Builds the image; about ten seconds of a processor. */
export async function buildServiceImage(
  directory: string,
  onProgress: (line: string) => void,
): Promise<ServiceImage> {
  const machine = thisMachine();
  const platformName = `linux/${machine.arch}`;
  const platform = PLATFORMS[platformName];
  if (platform === undefined) throw new Error(`There is no image for ${platformName}`);
  const { tag, platforms } = await buildImages({
    ...{ directory, machine, onProgress, name: NAME },
    platforms: new Map([[platformName, platform]]),
    origin: await readOrigin(machine, { revision: undefined, source: undefined }),
  });
  const built = platforms[platformName];
  if (built === undefined) throw new Error(`No image was built for ${platformName}`);
  return { repository: NAME, digest: built.digest, tag, archive: join(directory, built.archive) };
}

/** Makes it known to a node by its digest: what Pods ask for. */
export async function importServiceImage(node: ClusterNode, image: ServiceImage): Promise<void> {
  await node.importImage(image.archive);
  await node.nameImage(`${image.repository}:${image.tag}`, `${image.repository}@${image.digest}`);
}
