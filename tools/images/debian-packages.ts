/**
 * The Debian packages whose libraries Node needs, pinned by version and SHA-256. What they name comes from Debian's signed
 * package lists; docs/images.md says how to move to others.
 */
import type { Platform } from './platform.ts';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Path on a Debian mirror. */
  readonly path: string;
  readonly sha256: string;
}

/** Suite that the packages are of, as `/etc/os-release` of the image tells it to scanners. */
export const DEBIAN = { version: '13', codename: 'trixie' } as const;

/**
 * Mirrors, tried in this order. The first drops a version some time after a newer one is there; the second keeps every
 * one, as of a point in time.
 */
export const MIRRORS = [
  'https://deb.debian.org/debian/',
  'https://snapshot.debian.org/archive/debian/20261121T000000Z/',
];

const GLIBC = '2.41-12+deb13u4';
const GCC = '14.2.0-19';

type Digests = Readonly<Record<Platform['architecture'], string>>;

const SOURCES: readonly { name: string; version: string; pool: string; sha256: Digests }[] = [
  {
    name: 'libc6',
    version: GLIBC,
    pool: 'pool/main/g/glibc',
    sha256: {
      amd64: '967aa62605721081c3eb2a17650611a792aa802d76a6511d1840242623d204c9',
      arm64: '8784eda966b189c777a384dac5ce009e8fc9b52d006926c5a013e7fa8aa688cc',
    },
  },
  {
    name: 'libgcc-s1',
    version: GCC,
    pool: 'pool/main/g/gcc-14',
    sha256: {
      amd64: '3c71917b490d1a17aed43196a2787a256ecf060526cdb20216a74bedc061b150',
      arm64: '1108bc87879833d6d9a145f22a4a15cddb34e065b4b5f4b97bee586adbac2851',
    },
  },
  {
    name: 'libstdc++6',
    version: GCC,
    pool: 'pool/main/g/gcc-14',
    sha256: {
      amd64: 'ab1fa05837aa7a92aae748fd07a18a35f7d18bb4a71c4724fe2bbf0e32089de0',
      arm64: '6669b0c52a2e7c6af9adfdabce3ff6e286065cdfbc7b85280862b5f799daebee',
    },
  },
  // For its copyright file only: those of the two before are links to it.
  {
    name: 'gcc-14-base',
    version: GCC,
    pool: 'pool/main/g/gcc-14',
    sha256: {
      amd64: '5b6825de4263824b78c4c51f6476414f3b4e89c2ab63e81dc8b9b5501e867cf6',
      arm64: '34ee90679b018c0e64234747a4c4c0ae6b7f63541115037465a8627c2dfbc594',
    },
  },
];

/** The packages for an architecture. */
export function debianPackages(architecture: Platform['architecture']): readonly DebianPackage[] {
  return SOURCES.map(({ name, version, pool, sha256 }) => ({
    name,
    version,
    path: `${pool}/${name}_${version}_${architecture}.deb`,
    sha256: sha256[architecture],
  }));
}
