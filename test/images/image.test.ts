/** What is in the images, read from the files that `make images` writes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bundleServices } from '../../tools/build/bundle.ts';
import { cyclonedxValidator } from '../../tools/images/cyclonedx-validator.ts';
import { elfNeeds } from '../../tools/images/elf.ts';
import type { TarMember } from '../../tools/images/tar-reader.ts';
import { build, readImage, ROOT, temporary, type BuiltImage } from './built-image.ts';

const directory = join(await temporary(), 'images');
const digests = await build(directory, []);

/** Beginning of the public key pair with which ssh2 tries whether Ed25519 works (lib/protocol/constants.js). */
const SSH2_TRIAL_KEY = 'MC4CAQAwBQYDK2VwBCIEIHKj+sVa9WcD/q2DJUJa';

interface Sbom {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly properties?: readonly { readonly value: string }[];
  }[];
}

const fileText = ({ entry }: TarMember): string =>
  entry.type === 'file' ? Buffer.from(entry.content).toString('latin1') : '';

const built = await Promise.all(
  Object.entries(digests.platforms).map(async ([name, { digest, sbom, archive }]) => ({
    ...{ name, archive },
    image: await readImage(join(directory, 'oci'), digest),
    sbom: JSON.parse(await readFile(join(directory, sbom), 'utf8')) as Sbom,
  })),
);
for (const { name, image, sbom, archive } of built)
  describe(`the image for ${name}`, () => check(name, image, sbom, archive));

test('images are for the platforms that Node comes for', () => {
  assert.deepEqual(Object.keys(digests.platforms), ['linux/amd64', 'linux/arm64']);
});

function check(name: string, image: BuiltImage, sbom: Sbom, archive: string): void {
  const members = image.layers.flat();
  const paths = new Set(members.map(({ path }) => path));
  const [, app = []] = image.layers;

  test('holds Node, its libraries, the services and licences, and nothing else', () => {
    const elsewhere = [...paths].filter(
      (path) =>
        !/^(licenses|var\/lib\/dpkg\/status\.d)(\/|$)/.test(path) &&
        !/^usr\/lib\/([^/]+-linux-gnu\/)?(ld-linux|lib(c|m|dl|pthread|gcc_s|stdc\+\+)\.so)[^/]*$/.test(path),
    );
    const triplet = name === 'linux/amd64' ? 'x86_64-linux-gnu' : 'aarch64-linux-gnu';
    const amd64 = ['lib64', 'usr/lib64', 'usr/lib64/ld-linux-x86-64.so.2'];
    assert.deepEqual(
      elsewhere.toSorted(),
      [
        ...[
          'app',
          'dev',
          'etc',
          'lib',
          'proc',
          'sys',
          'tmp',
          'usr',
          'usr/bin',
          'usr/lib',
          `usr/lib/${triplet}`,
        ],
        ...['var', 'var/lib', 'var/lib/dpkg', 'usr/bin/node'],
        ...['etc/group', 'etc/nsswitch.conf', 'etc/os-release', 'etc/passwd'],
        ...[
          'device-watcher',
          'enforcer',
          'interface-watcher',
          'scheduler',
          'tenant-controller',
          'webhooks',
        ].map((bundle) => `app/${bundle}.mjs`),
        'app/policy.wasm',
        ...(name === 'linux/amd64' ? amd64 : []),
      ].toSorted(),
    );
  });

  test('has one program: no shell, no package manager', () => {
    const programs = members.filter(({ entry }) => entry.type === 'file' && entry.executable === true);
    const libraries = /\/(lib|ld-linux)[^/]*\.so[.\d]*$/;
    assert.deepEqual(
      programs.map(({ path }) => path).filter((path) => !libraries.test(path)),
      ['usr/bin/node'],
    );
  });

  test('has nothing that its user may write, and no file that runs as another user', () => {
    assert.equal(image.config.config.User, '65532:65532');
    for (const { path, uid, gid, mode, entry, mtime } of members) {
      assert.deepEqual({ uid, gid, mtime }, { uid: 0, gid: 0, mtime: 0 }, path);
      assert.equal(mode & 0o7000, 0, `${path} is setuid, setgid or sticky`);
      if (entry.type !== 'link') assert.equal(mode & 0o022, 0, `${path} may be written by others than root`);
    }
  });

  test('has every library that its programs name, all of its own architecture', () => {
    const machine = { amd64: 0x3e, arm64: 0xb7 }[image.config.architecture];
    assert.equal(`linux/${image.config.architecture}`, name);
    let files = 0;
    for (const { path, entry } of members) {
      if (entry.type !== 'file' || !fileText({ entry } as TarMember).startsWith('\x7fELF')) continue;
      files += 1;
      assert.equal(Buffer.from(entry.content).readUInt16LE(18), machine, path);
      const { interpreter, libraries } = elfNeeds(entry.content);
      if (interpreter !== undefined)
        assert.ok(paths.has(`usr${interpreter}`), `${path} needs ${interpreter}`);
      for (const library of libraries)
        assert.ok(
          [...paths].some((other) => other.endsWith(`/${library}`)),
          `${path} needs ${library}`,
        );
    }
    assert.ok(files >= 8, `${files} ELF files were found`);
  });

  test('has no source map, no path of the machine that built it, and no private key', () => {
    for (const member of app) {
      const content = fileText(member);
      assert.ok(!content.includes('sourceMappingURL='), `${member.path} names a source map`);
      for (const place of [ROOT, homedir(), tmpdir()].filter((place) => place.length > 5))
        assert.ok(!content.includes(place), `${member.path} names ${place}`);
      // The libraries name the headers of keys; a key has lines of base64 after it.
      const keys = [...content.matchAll(/PRIVATE KEY-----(?:\\r|\\n|\s)+([A-Za-z0-9+/]{40})/g)];
      const unknown = keys.map(([, start]) => start).filter((start) => start !== SSH2_TRIAL_KEY);
      assert.deepEqual(unknown, [], member.path);
    }
  });

  test('the SBOM is valid, and names exactly the packages whose code is in the bundles', () => {
    const validate = cyclonedxValidator();
    assert.ok(validate(sbom), JSON.stringify(validate.errors));
    // esbuild writes the path of each source above its code.
    const inBundles = new Map<string, Set<string>>();
    for (const member of app.filter(({ path }) => path.endsWith('.mjs'))) {
      for (const [, source = ''] of fileText(member).matchAll(/^\/\/ (node_modules\/.*)$/gm)) {
        const [, packageName = ''] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source) ?? [];
        inBundles.set(packageName, (inBundles.get(packageName) ?? new Set()).add(`/${member.path}`));
      }
    }
    const told = new Map<string, Set<string>>();
    for (const { name, properties } of sbom.components)
      for (const { value } of properties ?? []) told.set(name, (told.get(name) ?? new Set()).add(value));
    assert.ok(told.size > 50, `${told.size} packages`);
    // As maps of sets: order does not count.
    assert.deepEqual(told, inBundles);
  });

  test('has a licence for every component of the SBOM', () => {
    for (const { name, version, purl } of sbom.components) {
      const [, type] = /^pkg:(\w+)\//.exec(purl) ?? [];
      const place =
        name === 'node'
          ? 'node/LICENSE'
          : type === 'npm'
            ? `npm/${name}@${version}/LICENSE`
            : `debian/${name}`;
      const member = members.find(({ path }) => path === `licenses/${place}`);
      assert.ok(member !== undefined, `${name} has no licence at /licenses/${place}`);
      if (type === 'npm') assert.ok(fileText(member).length > 20, `the licence of ${name} is empty`);
    }
    assert.ok(paths.has('licenses/debian/libc6/copyright') && paths.has('licenses/naas/LICENSE'));
  });

  test('the archive is one that tar reads, with what containerd and Docker look for', () => {
    const listing = execFileSync('tar', ['-tf', join(directory, archive)], { encoding: 'utf8' }).split('\n');
    for (const file of ['oci-layout', 'index.json', 'manifest.json']) assert.ok(listing.includes(file), file);
    const text = execFileSync('tar', ['-xOf', join(directory, archive), 'manifest.json'], {
      encoding: 'utf8',
    });
    const [docker] = JSON.parse(text) as { Config: string; Layers: string[]; RepoTags: string[] }[];
    for (const path of [docker?.Config ?? '', ...(docker?.Layers ?? [])])
      assert.ok(listing.includes(path), path);
    assert.deepEqual(docker?.RepoTags, [`${digests.image}:${digests.tag}`]);
  });
}

test('the services in the image are the bundles that the local platform runs', async () => {
  const dist = await bundleServices(await temporary());
  for (const { path, entry } of built[0]?.image.layers[1] ?? []) {
    if (!path.startsWith('app/') || entry.type !== 'file') continue;
    assert.ok((await readFile(join(dist, path.slice('app/'.length)))).equals(entry.content), path);
  }
});
