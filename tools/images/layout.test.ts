import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from './blob.ts';
import { fileTree, text, type FileTree } from './file-tree.ts';
import type { Origin } from './image-config.ts';
import { image, imageIndex, sbomArtifact } from './image.ts';
import { layer } from './layer.ts';
import { archiveTree, ociLayout } from './layout.ts';
import { PLATFORMS } from './platform.ts';

const platform = PLATFORMS['linux/amd64'];
assert.ok(platform);
const origin: Origin = {
  version: '1.2.3',
  revision: 'abc',
  source: undefined,
  created: '1970-01-01T00:00:00Z',
};
const made = image(platform, origin, [
  await layer(fileTree([['a', text('1')]]), 'lower'),
  await layer(fileTree([['b', text('2')]]), 'upper'),
]);
const reference = { name: 'example/naas', tag: '1.2.3' };

function json(tree: FileTree, path: string): unknown {
  const entry = tree.get(path);
  assert.ok(entry?.type === 'file', `${path} is not there`);
  return JSON.parse(Buffer.from(entry.content).toString());
}

/** Every digest that JSON in a tree names, by depth of the path to it. */
function digestsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'digest' && typeof inner === 'string' ? [inner] : digestsIn(inner),
  );
}

test('every blob is stored under the digest of its bytes, and every digest named has its blob', () => {
  const index = imageIndex([made]);
  const { manifest, blobs } = sbomArtifact(made.manifest, Buffer.from('{"bomFormat":"CycloneDX"}'));
  const tree = ociLayout(
    [{ blob: index, reference }, { blob: manifest }],
    [made.manifest, made.config, ...made.layers, ...blobs],
  );
  const stored = [...tree].filter(([path, { type }]) => path.startsWith('blobs/') && type === 'file');
  const queue = digestsIn(json(tree, 'index.json'));
  const reached = new Set<string>();
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    if (reached.has(digest)) continue;
    reached.add(digest);
    const entry = tree.get(`blobs/${digest.replace(':', '/')}`);
    assert.ok(entry?.type === 'file', `${digest} has no blob`);
    assert.equal(digestOf(entry.content), digest);
    if (entry.content[0] === 0x7b)
      queue.push(...digestsIn(JSON.parse(Buffer.from(entry.content).toString())));
  }
  assert.equal(reached.size, stored.length, 'no blob is there for nothing');
});

test('the SBOM refers to its image, so that a registry lists it among the referrers', () => {
  const { manifest } = sbomArtifact(made.manifest, Buffer.from('{}'));
  const artifact = JSON.parse(Buffer.from(manifest.content).toString()) as Record<string, unknown>;
  assert.deepEqual(artifact['subject'], {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: made.manifest.digest,
    size: made.manifest.content.length,
  });
  assert.equal(artifact['artifactType'], 'application/vnd.cyclonedx+json');
});

test('an archive is an OCI layout and a Docker archive of the same image', () => {
  const tree = archiveTree(made, reference);
  const [docker] = json(tree, 'manifest.json') as { Config: string; RepoTags: string[]; Layers: string[] }[];
  assert.deepEqual(docker?.RepoTags, ['example/naas:1.2.3']);
  const { rootfs } = json(tree, docker.Config) as { rootfs: { diff_ids: string[] } };
  assert.equal(rootfs.diff_ids.length, docker.Layers.length);
  const { manifests } = json(tree, 'index.json') as { manifests: { digest: string; annotations: object }[] };
  assert.equal(manifests[0]?.digest, made.manifest.digest);
  assert.deepEqual(manifests[0]?.annotations, {
    'org.opencontainers.image.ref.name': '1.2.3',
    'io.containerd.image.name': 'example/naas:1.2.3',
  });
});
