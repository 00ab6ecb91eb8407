/** Configuration of the programs of a node, as values. Paths under /run are the node's own (sandbox.sh). */
import { stringify } from 'yaml';
import { PAUSE_IMAGE } from './pause.ts';

export const RUNTIME_SOCKET = '/run/naas/containerd.sock';
/** Where the node's programs keep what they write. */
export const STATE = '/run/naas';

export interface NodeFiles {
  readonly name: string;
  readonly address: string;
  /** Range of its pods. */
  readonly pods: string;
  /** Range of all pods of the cluster. */
  readonly allPods: string;
  /** Folder with these files. */
  readonly directory: string;
  readonly runc: string;
  /** Folders with CNI plugins. */
  readonly cniPlugins: readonly string[];
  readonly cgroup: string;
}

/** In TOML, a string is written as in JSON. */
const toml = JSON.stringify;

export function containerdConfig(node: NodeFiles): string {
  return `version = 3
root = "${STATE}/containerd"
state = "${STATE}/containerd-state"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = ${toml(RUNTIME_SOCKET)}
[plugins."io.containerd.internal.v1.opt"]
  path = "${STATE}/opt"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = ${toml(PAUSE_IMAGE)}
[plugins."io.containerd.cri.v1.runtime"]
  # Without CAP_SYS_RESOURCE nobody may lower what the machine's own processes have.
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ${toml(node.cniPlugins)}
  conf_dir = ${toml(`${node.directory}/cni`)}
[plugins."io.containerd.cri.v1.runtime".containerd]
  default_runtime_name = "runc"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  BinaryName = ${toml(node.runc)}
`;
}

export function kubeletConfig(node: NodeFiles): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${RUNTIME_SOCKET}`,
    // Machines of both kinds run this.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${node.cgroup}`,
    // It may not change settings of the machine's kernel, and shall not mind.
    featureGates: { KubeletInUserNamespace: true },
    failSwapOn: false,
    // The machine's disk is not the node's to judge.
    localStorageCapacityIsolation: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    address: node.address,
    tlsCertFile: `${node.directory}/kubelet.crt`,
    tlsPrivateKeyFile: `${node.directory}/kubelet.key`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${node.directory}/kubelet-ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    clusterDomain: 'cluster.local',
    resolvConf: '',
    podLogsDir: `${STATE}/logs`,
    volumePluginDir: `${STATE}/volume-plugins`,
    shutdownGracePeriod: '0s',
  });
}

export function proxyConfig(node: NodeFiles): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: `${node.directory}/proxy.kubeconfig` },
    clusterCIDR: node.allPods,
    hostnameOverride: node.name,
    metricsBindAddress: '127.0.0.1:10249',
    healthzBindAddress: '127.0.0.1:10256',
    // Settings of the machine's kernel.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  });
}
