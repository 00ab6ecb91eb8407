/**
 * Who enforces network policies: Calico's Felix on each node, and its CNI plugin, which names the interfaces of pods as
 * Felix expects them. Nothing else of Calico runs: addresses come from host-local, routes are given, nothing is encapsulated.
 */
import { readFile } from 'node:fs/promises';
import type { Connection } from '../../lib/kube/connection.ts';
import type { KubeObject } from '../../lib/kube/types.ts';
import { apply, documents } from '../controlplane/apply.ts';
import { STATE, type NodeFiles } from './node-files.ts';

const ACCESS = new URL('calico.yaml', import.meta.url);
const GROUP = 'crd.projectcalico.org';
const HEALTH_PORT = 9099;
const READY_MS = 120_000;
const POLL_MS = 200;

/** Whom the API server sees. */
export const CALICO_USER = 'calico-node';

/** Kinds that Felix watches; with a kind missing it asks for it every five seconds. */
const KINDS: readonly { kind: string; plural: string; scope: 'Cluster' | 'Namespaced' }[] = [
  { kind: 'BGPConfiguration', plural: 'bgpconfigurations', scope: 'Cluster' },
  { kind: 'ClusterInformation', plural: 'clusterinformations', scope: 'Cluster' },
  { kind: 'FelixConfiguration', plural: 'felixconfigurations', scope: 'Cluster' },
  { kind: 'GlobalNetworkPolicy', plural: 'globalnetworkpolicies', scope: 'Cluster' },
  { kind: 'GlobalNetworkSet', plural: 'globalnetworksets', scope: 'Cluster' },
  { kind: 'HostEndpoint', plural: 'hostendpoints', scope: 'Cluster' },
  { kind: 'IPPool', plural: 'ippools', scope: 'Cluster' },
  { kind: 'NetworkPolicy', plural: 'networkpolicies', scope: 'Namespaced' },
  { kind: 'NetworkSet', plural: 'networksets', scope: 'Namespaced' },
];

/** The kinds as Calico names them; what their objects hold is Calico's matter, and nobody here makes any but one. */
function definitions(): KubeObject[] {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return KINDS.map(({ kind, plural, scope }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      ...{ group: GROUP, scope },
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }));
}

/** Felix and the CNI plugin wait until this says that the store may be used. */
const CLUSTER: KubeObject & { spec: object } = {
  apiVersion: `${GROUP}/v1`,
  kind: 'ClusterInformation',
  metadata: { name: 'default' },
  spec: { datastoreReady: true },
};

/** Installs what Calico needs of the API server. @throws the last error if the kinds are not served after a while. */
export async function installCalico(connection: Connection): Promise<void> {
  await apply(connection, [...documents(await readFile(ACCESS, 'utf8')), ...definitions()]);
  await repeated(() => apply(connection, [CLUSTER]));
}

/** Each pod gets a cable to its node and an address of the node's range. Nothing is masqueraded: all know the routes. */
export function cniConfig(node: NodeFiles): string {
  return JSON.stringify({
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        ...{ type: 'calico', policy: { type: 'k8s' }, mtu: 1500, log_level: 'error' },
        ...{ nodename: node.name, nodename_file_optional: true, datastore_type: 'kubernetes' },
        kubernetes: { kubeconfig: calicoKubeconfig(node.directory) },
        ipam: { type: 'host-local', ranges: [[{ subnet: node.pods }]], dataDir: `${STATE}/cni` },
      },
    ],
  });
}

export const calicoKubeconfig = (directory: string): string => `${directory}/calico.kubeconfig`;

/** Settings of Felix; all are environment variables. */
export function felixEnvironment(node: NodeFiles): Record<string, string> {
  return {
    KUBECONFIG: calicoKubeconfig(node.directory),
    // Addresses are host-local's, not Calico's own.
    USE_POD_CIDR: 'true',
    FELIX_DATASTORETYPE: 'kubernetes',
    FELIX_FELIXHOSTNAME: node.name,
    FELIX_IPV6SUPPORT: 'false',
    // What nodes need anyway; left to itself Felix takes the old one as long as there are no rules of either.
    FELIX_IPTABLESBACKEND: 'nft',
    FELIX_XDPENABLED: 'false',
    // It would look for what its BPF mode left behind, by means that this build has not (no cgo, no libbpf).
    FELIX_DebugSkipCTLBCleanup: 'true',
    FELIX_MTUIFACEPATTERN: '^host$',
    // As Calico's own manifests have it: what a Pod's policies let pass may also reach its node.
    FELIX_DEFAULTENDPOINTTOHOSTACTION: 'ACCEPT',
    FELIX_USAGEREPORTINGENABLED: 'false',
    FELIX_HEALTHENABLED: 'true',
    FELIX_HEALTHHOST: node.address,
    FELIX_LOGSEVERITYSCREEN: 'INFO',
    FELIX_LOGSEVERITYFILE: 'none',
    FELIX_LOGSEVERITYSYS: 'none',
  };
}

/** Fulfilled when a node enforces the policies that there are. @throws if it does not after a while. */
export async function policiesAreEnforced(node: { name: string; address: string }): Promise<void> {
  await repeated(async () => {
    const answer = await fetch(`http://${node.address}:${HEALTH_PORT}/readiness`);
    if (!answer.ok) throw new Error(`calico-felix of ${node.name}: ${answer.status} ${await answer.text()}`);
  });
}

async function repeated(attempt: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
