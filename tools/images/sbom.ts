/** What an image holds, as a bill of materials: CycloneDX 1.6. */
import { createHash } from 'node:crypto';
import type { ShippedPackage } from './app-tree.ts';
import { DEBIAN, type DebianPackage } from './debian-packages.ts';
import type { Origin } from './image-config.ts';
import type { LockedPackage } from './lock-file.ts';
import type { Platform } from './platform.ts';

export interface Materials {
  readonly platform: Platform;
  readonly origin: Origin;
  /** Digest of the image's manifest. */
  readonly digest: string;
  readonly node: LockedPackage;
  readonly debian: readonly DebianPackage[];
  readonly packages: readonly ShippedPackage[];
}

/** The document; same materials, same bytes. */
export function sbom(materials: Materials): Buffer {
  const { platform, origin, digest, node, debian, packages } = materials;
  const components = [
    nodeComponent(platform, node),
    ...debian.map((source) => debianComponent(platform, source)),
    ...packages.map(npmComponent),
  ];
  const image = {
    'bom-ref': 'image',
    type: 'container',
    name: 'naas',
    version: origin.version,
    purl: `pkg:oci/naas@${encodeURIComponent(digest)}?arch=${platform.architecture}`,
  };
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: { timestamp: origin.created, component: image },
    components,
    dependencies: [{ ref: 'image', dependsOn: components.map((component) => component['bom-ref']) }],
  };
  return Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
}

interface Component {
  readonly 'bom-ref': string;
  readonly [field: string]: unknown;
}

function nodeComponent({ nodePackage }: Platform, { version, integrity }: LockedPackage): Component {
  const purl = `pkg:npm/${nodePackage}@${version}`;
  return {
    ...{ 'bom-ref': purl, type: 'platform', name: 'node', version, purl },
    // The name under which flaws of Node are published.
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    hashes: [sha512(integrity)],
    licenses: [{ license: { name: 'See /licenses/node/LICENSE' } }],
  };
}

function debianComponent({ architecture }: Platform, { name, version, sha256 }: DebianPackage): Component {
  const place = `arch=${architecture}&distro=debian-${DEBIAN.version}`;
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${place}`;
  return {
    ...{ 'bom-ref': purl, type: 'library', name, version, purl },
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: [{ license: { name: `See /licenses/debian/${name}/copyright` } }],
  };
}

function npmComponent(shipped: ShippedPackage): Component {
  const { name, version, integrity, licence, bundles, path } = shipped;
  const purl = `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${version}`;
  const isExpression = licence.stated.includes(' ');
  return {
    // A version that is installed twice is there twice.
    ...{ 'bom-ref': `${purl}#${path}`, type: 'library', name, version, purl },
    hashes: [sha512(integrity)],
    licenses: [isExpression ? { expression: licence.stated } : { license: { id: licence.stated } }],
    properties: bundles.map((bundle) => ({ name: 'naas:bundle', value: `/app/${bundle}` })),
  };
}

/** The lock file's integrity, in the form of CycloneDX. */
function sha512(integrity: string): { alg: 'SHA-512'; content: string } {
  const [, base64] = /^sha512-(\S+)$/.exec(integrity) ?? [];
  if (base64 === undefined)
    throw new Error(`The integrity "${integrity}" in package-lock.json is no SHA-512`);
  return { alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') };
}

/** A UUID of version 8 (RFC 9562) that belongs to the digest. */
function uuidOf(digest: string): string {
  const bytes = createHash('sha256').update(digest).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
