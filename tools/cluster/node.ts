/** A node: containerd, kubelet, kube-proxy and calico-felix in namespaces of their own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BinaryName } from '../controlplane/binary.ts';
import type { ControlPlane } from '../controlplane/start.ts';
import type { Start } from '../platform/managed-process.ts';
import { nodeAddresses, wholeBlock, type Addresses } from './addresses.ts';
import { CALICO_USER, calicoKubeconfig, cniConfig, felixEnvironment, policiesAreEnforced } from './calico.ts';
import { makeGroup } from './cgroups.ts';
import {
  containerdConfig,
  kubeletConfig,
  proxyConfig,
  RUNTIME_SOCKET,
  type NodeFiles,
} from './node-files.ts';
import { runCommand } from './run-command.ts';
import type { Sandbox } from './sandbox.ts';

/** Binaries that nodes run. */
export const NODE_BINARIES = [
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
  'kubelet',
  'kube-proxy',
  'calico',
  'calico-felix',
] as const satisfies readonly BinaryName[];

export interface ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly number: number;
  readonly sandbox: Sandbox;
  /** Fulfilled when the network policies that there are hold for its Pods. */
  enforcesPolicies(): Promise<void>;
  /** Makes an image archive known to the node; also by its digests. */
  importImage(archive: string): Promise<void>;
  /** Gives an image that the node has another name. */
  nameImage(from: string, to: string): Promise<void>;
  /** SIGKILL to a container, as the kernel does when memory is short. @param id without `containerd://` */
  killContainer(id: string): Promise<void>;
}

export interface NodeOptions {
  readonly number: number;
  /** Folder for its files. */
  readonly directory: string;
  readonly sandbox: Sandbox;
  readonly addresses: Addresses;
  readonly binaries: Readonly<Record<(typeof NODE_BINARIES)[number], string>>;
  readonly cniPlugins: string;
  /** Control group of the cluster. */
  readonly group: string;
  readonly plane: ControlPlane;
  readonly start: Start;
}

type Program = 'containerd' | 'kubelet' | 'kube-proxy' | 'calico-felix';

const RUNTIME_MS = 30_000;
const POLL_MS = 100;

export const nodeName = (number: number): string => `node-${number}`;

/** Starts the programs of a node; returns when images can be imported. It registers itself soon after. */
export async function startNode(options: NodeOptions): Promise<ClusterNode> {
  const { number, directory, sandbox, addresses, binaries, plane } = options;
  const name = nodeName(number);
  const { address, pods } = nodeAddresses(addresses, number);
  const cgroup = `${options.group}/${name}`;
  await makeGroup(cgroup);
  const files: NodeFiles = {
    ...{ name, address, pods, allPods: wholeBlock(addresses), directory, cgroup },
    ...{ runc: binaries.runc, cniPlugins: [dirname(binaries.calico), options.cniPlugins] },
  };
  await mkdir(join(directory, 'cni'), { recursive: true, mode: 0o700 });
  const tls = await plane.kubeletCertificate([address]);
  const write = (file: string, text: string) => writeFile(join(directory, file), text, { mode: 0o600 });
  await Promise.all([
    write('containerd.toml', containerdConfig(files)),
    write('cni/10-pods.conflist', cniConfig(files)),
    write('kubelet.yaml', kubeletConfig(files)),
    write('proxy.yaml', proxyConfig(files)),
    write('kubelet.crt', tls.cert),
    write('kubelet.key', tls.key),
    write('kubelet-ca.crt', plane.kubeletTls.caPem),
    plane.writeKubeconfig(join(directory, 'kubelet.kubeconfig'), {
      name: `system:node:${name}`,
      groups: ['system:nodes'],
    }),
    plane.writeKubeconfig(join(directory, 'proxy.kubeconfig'), { name: 'system:kube-proxy' }),
    plane.writeKubeconfig(calicoKubeconfig(directory), { name: CALICO_USER }),
  ]);

  const folders = [binaries['containerd-shim-runc-v2'], binaries.runc].map((path) => dirname(path));
  const environment = { PATH: [...folders, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':') };
  const [enter, ...words] = sandbox.enter;
  const start = (program: Program, flags: readonly string[], settings: Record<string, string> = {}) =>
    options.start({
      ...{ name: `${name}-${program}`, command: enter, environment: { ...environment, ...settings } },
      arguments: [...words, binaries[program], ...flags],
    });
  const ctr = (...command: string[]) =>
    runCommand(enter, [...words, binaries.ctr, '--address', RUNTIME_SOCKET, '-n', 'k8s.io', ...command]);

  start('containerd', ['--config', join(directory, 'containerd.toml')]);
  await runtimeAnswers(name, () => ctr('version'));
  start('kubelet', [
    ...['--config', join(directory, 'kubelet.yaml'), '--kubeconfig', join(directory, 'kubelet.kubeconfig')],
    ...['--hostname-override', name, '--node-ip', address, '--root-dir', '/run/naas/kubelet'],
  ]);
  start('kube-proxy', ['--config', join(directory, 'proxy.yaml')]);
  start('calico-felix', [], felixEnvironment(files));
  return {
    ...{ name, address, number, sandbox },
    enforcesPolicies: () => policiesAreEnforced({ name, address }),
    importImage: async (archive) => void (await ctr('images', 'import', archive)),
    nameImage: async (from, to) => void (await ctr('images', 'tag', '--force', from, to)),
    killContainer: async (id) => void (await ctr('tasks', 'kill', '--signal', 'SIGKILL', id)),
  };
}

async function runtimeAnswers(name: string, ask: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + RUNTIME_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`containerd of ${name} does not answer: see ${name}-containerd.log`, {
          cause: error,
        });
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
