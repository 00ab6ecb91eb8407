import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Binaries of the local platform, of the real node, and of the checks. */
export const BINARY_NAMES = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubectl',
  'kubelet',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
  'calico',
  'calico-felix',
  'helm',
  'opa',
] as const;
export type BinaryName = (typeof BINARY_NAMES)[number];

/** A Go module in this folder: pins a version, builds one or more binaries. */
export type ModuleName = 'calico' | 'containerd' | 'etcd' | 'helm' | 'kubernetes' | 'opa' | 'runc';

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
  /** What Go needs besides a module: a C compiler, build tags. */
  readonly build: { readonly cgo: boolean; readonly tags: readonly string[] };
  /** Hex; another one when anything that Go would build from changes. */
  readonly digest: string;
}

const KUBERNETES = { module: 'kubernetes', versionArguments: ['--version'] } as const;
const CONTAINERD = { module: 'containerd', versionArguments: ['--version'] } as const;
const BINARIES: Readonly<Record<BinaryName, Omit<Binary, 'name'>>> = {
  etcd: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', versionArguments: ['--version'] },
  'kube-apiserver': { ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  'kube-controller-manager': { ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  'kube-proxy': { ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-proxy' },
  'kube-scheduler': { ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  kubelet: { ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kubelet' },
  kubectl: {
    ...KUBERNETES,
    package: 'k8s.io/kubernetes/cmd/kubectl',
    versionArguments: ['version', '--client', '--output=json'],
  },
  containerd: { ...CONTAINERD, package: 'github.com/containerd/containerd/v2/cmd/containerd' },
  'containerd-shim-runc-v2': {
    module: 'containerd',
    package: 'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2',
    versionArguments: ['-v'],
  },
  ctr: { ...CONTAINERD, package: 'github.com/containerd/containerd/v2/cmd/ctr' },
  runc: { module: 'runc', package: 'github.com/opencontainers/runc', versionArguments: ['--version'] },
  calico: {
    module: 'calico',
    package: 'github.com/projectcalico/calico/cni-plugin/cmd/calico',
    versionArguments: ['-v'],
  },
  'calico-felix': {
    module: 'calico',
    package: 'github.com/projectcalico/calico/felix/cmd/calico-felix',
    versionArguments: ['--version'],
  },
  helm: { module: 'helm', package: 'helm.sh/helm/v4/cmd/helm', versionArguments: ['version', '--short'] },
  opa: { module: 'opa', package: 'github.com/open-policy-agent/opa', versionArguments: ['version'] },
};

const PLAIN_BUILD = { cgo: false, tags: [] };
/** runc enters its namespaces in C, before Go starts threads; without seccomp no pod is started that asks for it. */
const RUNC_BUILD = { cgo: true, tags: ['seccomp'] };

/** The module in go.mod whose version is the binary's. */
const VERSIONED_BY: Readonly<Record<ModuleName, string>> = {
  calico: 'github.com/projectcalico/calico',
  containerd: 'github.com/containerd/containerd/v2',
  etcd: 'go.etcd.io/etcd/server/v3',
  helm: 'helm.sh/helm/v4',
  runc: 'github.com/opencontainers/runc',
  kubernetes: 'k8s.io/kubernetes',
  opa: 'github.com/open-policy-agent/opa',
};

/** Releases that the version in go.mod does not tell: it names a commit. */
const RELEASES: Partial<Record<ModuleName, string>> = { calico: '3.28.5' };

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
  const required = requiredVersion(goMod, VERSIONED_BY[name]);
  if (required === undefined) throw new Error(`${directory}/go.mod does not require ${VERSIONED_BY[name]}`);
  const version = RELEASES[name] ?? required;
  const ldflags = ldflagsOf(name, version);
  const build = name === 'runc' ? RUNC_BUILD : PLAIN_BUILD;
  const digest = createHash('sha256')
    .update([goMod, goSum, ldflags, ...build.tags].join('\n'))
    .digest('hex');
  return { name, directory, version, ldflags, build, digest };
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

/** Variables that a project asks for at link time; without its own the API server says v0.0.0 and refuses some features. */
function ldflagsOf(name: ModuleName, version: string): string {
  const [major, minor] = version.split('.');
  const stamps: Partial<Record<ModuleName, readonly string[]>> = {
    kubernetes: ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
      `${path}.gitVersion=v${version}`,
      `${path}.gitMajor=${major}`,
      `${path}.gitMinor=${minor}`,
    ]),
    containerd: [`github.com/containerd/containerd/v2/version.Version=v${version}`],
    calico: [
      `main.VERSION=v${version}`,
      `github.com/projectcalico/calico/felix/buildinfo.GitVersion=v${version}`,
    ],
    helm: [`helm.sh/helm/v4/internal/version.version=v${version}`],
  };
  return ['-s -w', ...(stamps[name] ?? []).map((stamp) => `-X ${stamp}`)].join(' ');
}

/** Whether two versions have the same major and minor part. */
export function sameMinor(a: string, b: string): boolean {
  return a.split('.').slice(0, 2).join('.') === b.split('.').slice(0, 2).join('.');
}
