import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binary, BinaryName, PinnedModule } from './binary.ts';
import type { BinarySource, Search } from './binary-source.ts';
import type { Machine } from './machine.ts';
import { stage } from './staging.ts';
import { withElapsed } from './elapsed.ts';

/** Where a project publishes a binary. */
export interface Release {
  readonly url: string;
  /** Text with the SHA-256 of the file, alone or in lines of `hash  name`. */
  readonly checksums: string;
  /** Path of the binary inside, if the file is an archive. */
  readonly member?: string;
}

/**
 * Official release of a binary; undefined if the project publishes none for this kind of machine.
 * Addresses: kubernetes.io/releases/download, helm.sh, and the projects' release pages.
 */
export function releaseOf(
  binary: Binary,
  { version }: Pick<PinnedModule, 'version'>,
  { os, arch }: Pick<Machine, 'os' | 'arch'>,
): Release | undefined {
  if (arch !== 'amd64' && arch !== 'arm64') return undefined;
  if (os !== 'linux' && os !== 'darwin') return undefined;
  if (binary.module === 'kubernetes') {
    // Servers are published for Linux only.
    if (os !== 'linux' && binary.name !== 'kubectl') return undefined;
    const url = `https://dl.k8s.io/release/v${version}/bin/${os}/${arch}/${binary.name}`;
    return { url, checksums: `${url}.sha256` };
  }
  if (binary.module === 'etcd') {
    const base = `https://github.com/etcd-io/etcd/releases/download/v${version}`;
    const stem = `etcd-v${version}-${os}-${arch}`;
    const url = `${base}/${stem}.${os === 'linux' ? 'tar.gz' : 'zip'}`;
    return { url, checksums: `${base}/SHA256SUMS`, member: `${stem}/etcd` };
  }
  if (binary.module === 'containerd') {
    if (os !== 'linux') return undefined;
    const url = `https://github.com/containerd/containerd/releases/download/v${version}/containerd-${version}-${os}-${arch}.tar.gz`;
    return { url, checksums: `${url}.sha256sum`, member: `bin/${binary.name}` };
  }
  if (binary.module === 'runc') {
    if (os !== 'linux') return undefined;
    const base = `https://github.com/opencontainers/runc/releases/download/v${version}`;
    return { url: `${base}/runc.${arch}`, checksums: `${base}/runc.sha256sum` };
  }
  if (binary.module === 'helm') {
    const url = `https://get.helm.sh/helm-v${version}-${os}-${arch}.tar.gz`;
    return { url, checksums: `${url}.sha256sum`, member: `${os}-${arch}/helm` };
  }
  // Calico is published as container images.
  if (binary.module === 'calico') return undefined;
  const static_ = os === 'darwin' && arch === 'amd64' ? '' : '_static';
  const url = `https://github.com/open-policy-agent/opa/releases/download/v${version}/opa_${os}_${arch}${static_}`;
  return { url, checksums: `${url}.sha256` };
}

/** Official releases, each checked against the checksum published beside it. */
export const fromDownload: BinarySource = async (wanted, search) => {
  const paths = new Map<BinaryName, string>();
  const missing = new Set<string>();
  for (const binary of wanted) {
    const release = releaseOf(binary, search.module, search.machine);
    if (release === undefined) {
      missing.add(`no official download of ${binary.name} for ${search.machine.os}/${search.machine.arch}`);
      continue;
    }
    try {
      paths.set(binary.name, await downloadRelease(binary, release, search));
    } catch (error) {
      missing.add(`no download from ${new URL(release.url).host}: ${rootCause(error)}`);
    }
  }
  // One line, though a network that is away fails once per binary.
  if (missing.size > 0) search.onProgress([...missing].join('; '));
  return { paths, missing: [...missing] };
};

/** The host answered, but not with what is needed. */
class RefusedDownload extends Error {}

async function downloadRelease(binary: Binary, release: Release, search: Search): Promise<string> {
  const { machine, module } = search;
  const sums = await text(machine, release.checksums);
  const expected = checksumIn(sums, release.url.slice(release.url.lastIndexOf('/') + 1));
  if (expected === undefined) throw new RefusedDownload(`${release.checksums} has no checksum of the file`);
  return stage(module, machine, async (directory) => {
    const file = join(directory, release.member === undefined ? binary.name : 'archive');
    let megabytes = 0;
    await withElapsed(
      search.onProgress,
      () => `downloading ${binary.name} ${module.version} (${megabytes} MB)`,
      async () => {
        const actual = await save(
          machine,
          release.url,
          file,
          (bytes) => (megabytes = Math.round(bytes / 1e6)),
        );
        if (actual !== expected) {
          throw new RefusedDownload(`checksum of ${release.url} is ${actual}, published is ${expected}`);
        }
      },
    );
    if (release.member !== undefined) await unpack(machine, file, release.member, directory);
    return [binary.name];
  }).then(([path]) => path as string);
}

/** Hex SHA-256 for a file name in the text of a checksum file. */
export function checksumIn(sums: string, name: string): string | undefined {
  for (const line of sums.split('\n')) {
    const [hash, file] = line.trim().split(/\s+\*?/);
    if (
      hash !== undefined &&
      /^[0-9a-f]{64}$/i.test(hash) &&
      (file === undefined || file === '' || file === name)
    ) {
      return hash.toLowerCase();
    }
  }
  return undefined;
}

async function text(machine: Machine, url: string): Promise<string> {
  const { status, body } = await machine.download(url);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > 1_000_000) throw new RefusedDownload(`${url} is too long for a list of checksums`);
    chunks.push(chunk);
  }
  if (status !== 200) throw new RefusedDownload(`${url} answers ${status}`);
  return Buffer.concat(chunks).toString('utf8');
}

async function save(
  machine: Machine,
  url: string,
  path: string,
  onBytes: (total: number) => void,
): Promise<string> {
  const { status, body } = await machine.download(url);
  if (status !== 200) throw new RefusedDownload(`${url} answers ${status}`);
  const file = await open(path, 'wx', 0o755);
  const hash = createHash('sha256');
  let total = 0;
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      await file.write(chunk);
      total += chunk.length;
      onBytes(total);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function unpack(machine: Machine, archive: string, member: string, directory: string): Promise<void> {
  const options = ['-xf', archive, '-C', directory, '--strip-components=1', member];
  const { code, stderr } = await machine.run('tar', options);
  if (code !== 0) throw new RefusedDownload(`tar cannot read the archive: ${stderr.trim()}`);
  await rm(archive);
}

function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
