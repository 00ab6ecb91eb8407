import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { Pod } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { fieldValue } from './field-ref.ts';
import type { PodObjects } from './pod-objects.ts';

type Volume = DeepReadonly<NonNullable<NonNullable<Pod['spec']>['volumes']>[number]>;
type Projection = DeepReadonly<NonNullable<NonNullable<NonNullable<Volume['projected']>['sources']>[number]>>;
type Items = readonly { readonly key: string; readonly path: string }[];

/** A volume that cannot be had yet: the Pod waits, as with a kubelet. */
export class MountProblem extends Error {
  override readonly name = 'MountProblem';
}

export interface VolumeSource {
  readonly pod: DeepReadonly<Pod>;
  readonly objects: PodObjects;
  readonly address: string;
}

/** A file of a volume; tokens are written anew before they expire. */
export interface VolumeFile {
  readonly path: string;
  readonly content: Buffer;
  readonly token?: { readonly audience: string | undefined; readonly seconds: number };
}

/**
 * The files of a volume.
 * @returns none for an empty directory
 * @throws MountProblem when something it shows is missing
 */
export async function volumeFiles(volume: Volume, source: VolumeSource): Promise<VolumeFile[]> {
  if (volume.emptyDir !== undefined) return [];
  const { secret, configMap, projected, downwardAPI } = volume;
  if (secret !== undefined) {
    return secretFiles({ ...secret, name: secret.secretName }, source);
  }
  if (configMap !== undefined) return configMapFiles(configMap, source);
  if (downwardAPI !== undefined) return downwardFiles(downwardAPI.items ?? [], source);
  if (projected !== undefined) {
    const lists = await Promise.all((projected.sources ?? []).map((part) => projectedFiles(part, source)));
    return lists.flat();
  }
  throw new MountProblem(`volume ${volume.name}: the node agent has no such kind of volume`);
}

/** Writes files below `directory`, readable by the user only. */
export function writeVolume(directory: string, files: readonly VolumeFile[]): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const file of files) writeVolumeFile(directory, file.path, file.content);
}

/** Writes one file so that a reader sees the old content or the new one, never a part. */
export function writeVolumeFile(directory: string, path: string, content: Buffer): void {
  const target = resolve(directory, path);
  // The API server refuses such paths already; this is what keeps them out if it ever does not.
  if (!target.startsWith(resolve(directory) + sep)) {
    throw new MountProblem(`path ${JSON.stringify(path)} leaves its volume`);
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const fresh = join(dirname(target), `.new-${process.pid}`);
  rmSync(fresh, { force: true });
  writeFileSync(fresh, content, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, target);
}

async function projectedFiles(part: Projection, source: VolumeSource): Promise<VolumeFile[]> {
  const { serviceAccountToken, configMap, secret, downwardAPI } = part;
  if (serviceAccountToken !== undefined) {
    const { audience, expirationSeconds = 3600, path } = serviceAccountToken;
    const token = { audience, seconds: expirationSeconds };
    return [{ path, content: Buffer.from(await source.objects.token(token)), token }];
  }
  if (configMap !== undefined) return configMapFiles(configMap, source);
  if (secret !== undefined) return secretFiles(secret, source);
  if (downwardAPI !== undefined) return downwardFiles(downwardAPI.items ?? [], source);
  throw new MountProblem('the node agent has no such kind of projected volume');
}

interface Reference {
  readonly name?: string | undefined;
  readonly items?: Items | undefined;
  readonly optional?: boolean | undefined;
}

async function secretFiles(reference: Reference, source: VolumeSource): Promise<VolumeFile[]> {
  const { name = '' } = reference;
  const secret = await source.objects.secret(name);
  if (secret === undefined) return absent(`secret "${name}" not found`, reference);
  const data = Object.entries(secret.data ?? {}).map(
    ([key, text]) => [key, Buffer.from(text, 'base64')] as const,
  );
  return pick(new Map(data), `secret "${name}"`, reference);
}

async function configMapFiles(reference: Reference, source: VolumeSource): Promise<VolumeFile[]> {
  const { name = '' } = reference;
  const configMap = await source.objects.configMap(name);
  if (configMap === undefined) return absent(`configmap "${name}" not found`, reference);
  const texts = Object.entries(configMap.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const);
  const bytes = Object.entries(configMap.binaryData ?? {}).map(
    ([key, text]) => [key, Buffer.from(text, 'base64')] as const,
  );
  return pick(new Map([...texts, ...bytes]), `configmap "${name}"`, reference);
}

function absent(what: string, { optional }: Reference): VolumeFile[] {
  if (optional === true) return [];
  throw new MountProblem(what);
}

function pick(data: ReadonlyMap<string, Buffer>, what: string, reference: Reference): VolumeFile[] {
  const { items } = reference;
  if (items === undefined) return [...data].map(([path, content]) => ({ path, content }));
  return items.flatMap(({ key, path }) => {
    const content = data.get(key);
    return content === undefined ? absent(`${what} has no key "${key}"`, reference) : [{ path, content }];
  });
}

type DownwardItem = { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } | undefined };

function downwardFiles(items: readonly DownwardItem[], { pod, address }: VolumeSource): VolumeFile[] {
  return items.map(({ path, fieldRef }) => {
    if (fieldRef === undefined)
      throw new MountProblem(`${path}: the node agent shows fields of the Pod only`);
    return { path, content: Buffer.from(fieldValue(pod, fieldRef.fieldPath, address)) };
  });
}
