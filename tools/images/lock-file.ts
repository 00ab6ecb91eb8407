/** The part of package-lock.json that images need: what exactly each package is. */

export interface LockedPackage {
  readonly version: string;
  /** `sha512-` and base64. */
  readonly integrity: string;
}

/** Packages by their folder, such as `node_modules/undici`. */
export type LockFile = ReadonlyMap<string, LockedPackage>;

/** @throws Error for a lock file of another form. */
export function parseLockFile(json: string): LockFile {
  const { lockfileVersion, packages } = JSON.parse(json) as {
    lockfileVersion?: number;
    packages?: Record<string, { version?: string; integrity?: string }>;
  };
  if (lockfileVersion !== 3 || packages === undefined)
    throw new Error('package-lock.json is not of version 3: write it with npm 7 or newer');
  return new Map(
    Object.entries(packages).flatMap(([path, { version, integrity }]) =>
      version === undefined || integrity === undefined ? [] : [[path, { version, integrity }]],
    ),
  );
}

/** @throws Error that names the package if it is not locked. */
export function lockedPackage(lock: LockFile, path: string): LockedPackage {
  const found = lock.get(path);
  if (found === undefined)
    throw new Error(
      `${path} is not in package-lock.json with an integrity: run npm install and commit the lock file`,
    );
  return found;
}
