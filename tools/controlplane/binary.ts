import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export type BinaryName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kubectl' | 'opa';
export const BINARY_NAMES: readonly BinaryName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'opa',
];

/** A Go module in this folder: pins a version, builds one or more binaries. */
export type ModuleName = 'etcd' | 'kubernetes' | 'opa';

/** One binary and how to tell its version. */
export interface Binary {
  readonly name: BinaryName;
  readonly module: ModuleName;
  /** What Go builds. */
  readonly package: string;
  readonly versionArguments: readonly string[];
}

/** A module as its go.mod and go.sum pin it. */
export interface PinnedModule {
  readonly name: ModuleName;
  /** Folder with go.mod. */
  readonly directory: string;
  /** Without the leading v, such as "1.36.3". */
  readonly version: string;
  readonly ldflags: string;
  /** Hex; another one when anything that Go would build from changes. */
  readonly digest: string;
}

const KUBERNETES = { module: 'kubernetes', versionArguments: ['--version'] } as const;
const BINARIES: Readonly<Record<BinaryName, Omit<Binary, 'name'>>> = {
  etcd: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', versionArguments: ['--version'] },
  'kube-apiserver': { ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  'kube-controller-manager': { ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  kubectl: {
    ...KUBERNETES,
    package: 'k8s.io/kubernetes/cmd/kubectl',
    versionArguments: ['version', '--client', '--output=json'],
  },
  opa: { module: 'opa', package: 'github.com/open-policy-agent/opa', versionArguments: ['version'] },
};

/** The module in go.mod whose version is the binary's. */
const VERSIONED_BY: Readonly<Record<ModuleName, string>> = {
  etcd: 'go.etcd.io/etcd/server/v3',
  kubernetes: 'k8s.io/kubernetes',
  opa: 'github.com/open-policy-agent/opa',
};

export function binaryOf(name: BinaryName): Binary {
  return { name, ...BINARIES[name] };
}

export function isBinaryName(text: string): text is BinaryName {
  return (BINARY_NAMES as readonly string[]).includes(text);
}

/** Reads the version and digest of a module from its go.mod and go.sum. */
export async function readModule(name: ModuleName): Promise<PinnedModule> {
  const directory = fileURLToPath(new URL(name, import.meta.url));
  const [goMod, goSum] = await Promise.all([
    readFile(`${directory}/go.mod`, 'utf8'),
    readFile(`${directory}/go.sum`, 'utf8'),
  ]);
  const version = requiredVersion(goMod, VERSIONED_BY[name]);
  if (version === undefined) throw new Error(`${directory}/go.mod does not require ${VERSIONED_BY[name]}`);
  const ldflags = ldflagsOf(name, version);
  const digest = createHash('sha256').update(`${goMod}\n${goSum}\n${ldflags}`).digest('hex');
  return { name, directory, version, ldflags, digest };
}

function requiredVersion(goMod: string, path: string): string | undefined {
  for (const line of goMod.split('\n')) {
    const [required, version] = line
      .replace(/^require /, '')
      .trim()
      .split(/\s+/);
    if (required === path && version?.startsWith('v') === true) return version.slice(1);
  }
  return undefined;
}

/** Kubernetes asks for its version at link time; without it the API server says v0.0.0 and refuses some features. */
function ldflagsOf(name: ModuleName, version: string): string {
  const strip = '-s -w';
  if (name !== 'kubernetes') return strip;
  const [major, minor] = version.split('.');
  const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].map(
    (path) => `-X ${path}.gitVersion=v${version} -X ${path}.gitMajor=${major} -X ${path}.gitMinor=${minor}`,
  );
  return [strip, ...stamps].join(' ');
}

/** Whether two versions have the same major and minor part. */
export function sameMinor(a: string, b: string): boolean {
  return a.split('.').slice(0, 2).join('.') === b.split('.').slice(0, 2).join('.');
}
