import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { sameMinor, type Binary, type BinaryName, type PinnedModule } from './binary.ts';
import { cacheDirectory, type Machine } from './machine.ts';

/** What a place gave: paths, and for the others one clause that says why not. */
export interface Found {
  readonly paths: ReadonlyMap<BinaryName, string>;
  readonly missing: readonly string[];
}

/** One place where binaries of one module may come from. */
export type BinarySource = (wanted: readonly Binary[], search: Search) => Promise<Found>;

export interface Search {
  readonly module: PinnedModule;
  readonly machine: Machine;
  onProgress(line: string): void;
}

const VERSION_TIMEOUT_MS = 10_000;

/** `KUBEBUILDER_ASSETS`, the folder that tests of Kubernetes controllers agree on. */
export const fromAssets: BinarySource = async (wanted, search) => {
  const directory = search.machine.env['KUBEBUILDER_ASSETS'];
  if (directory === undefined || directory === '')
    return { paths: new Map(), missing: ['KUBEBUILDER_ASSETS is not set'] };
  const paths = new Map<BinaryName, string>();
  const missing: string[] = [];
  for (const binary of wanted) {
    const file = join(directory, binary.name);
    const problem = await versionProblem(file, binary, search);
    if (problem === undefined) paths.set(binary.name, file);
    else {
      missing.push(`KUBEBUILDER_ASSETS ${problem}`);
      // The user asked for this folder: that it is passed over must not be a surprise.
      if (problem !== NO_FILE) search.onProgress(`KUBEBUILDER_ASSETS ${problem}: passed over`);
    }
  }
  return { paths, missing };
};

/** Folders of `PATH`; the first binary of the right version counts. */
export const fromPath: BinarySource = async (wanted, search) => {
  const directories = (search.machine.env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '');
  const paths = new Map<BinaryName, string>();
  const missing: string[] = [];
  for (const binary of wanted) {
    let why = NO_FILE;
    for (const directory of directories) {
      const file = join(directory, binary.name);
      const problem = await versionProblem(file, binary, search);
      if (problem === undefined) {
        paths.set(binary.name, file);
        break;
      }
      if (problem !== NO_FILE) why = problem;
    }
    if (!paths.has(binary.name)) missing.push(`PATH ${why}`);
  }
  return { paths, missing };
};

/** What an earlier download or build left. The name of the folder says the version, so nothing is run. */
export const fromCache: BinarySource = async (wanted, { module, machine }) => {
  const directory = binaryCache(module, machine);
  const paths = new Map<BinaryName, string>();
  for (const { name } of wanted) {
    const file = join(directory, name);
    if (await isExecutable(file)) paths.set(name, file);
  }
  return { paths, missing: [] };
};

/** Folder in the cache for the binaries of one module at its version, for one kind of machine. */
export function binaryCache(module: PinnedModule, machine: Machine): string {
  const key = `${module.name}-${module.version}-${module.digest.slice(0, 16)}-${machine.os}-${machine.arch}`;
  return join(cacheDirectory(machine), 'binaries', key);
}

const NO_FILE = 'has none';

/** Why a file will not do, as a clause; undefined if it will. */
async function versionProblem(
  file: string,
  binary: Binary,
  { module, machine }: Search,
): Promise<string | undefined> {
  if (!(await isExecutable(file))) return NO_FILE;
  const result = await machine
    .run(file, binary.versionArguments, { timeoutMs: VERSION_TIMEOUT_MS })
    .catch((error: Error) => ({ code: undefined, stdout: '', stderr: error.message }));
  const version = /\bv?(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.code !== 0 || version === undefined) return `has ${file}, which does not tell its version`;
  if (sameMinor(version, module.version)) return undefined;
  const needed = module.version.split('.').slice(0, 2).join('.');
  return `has ${file} ${version}, but ${needed} is needed`;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
