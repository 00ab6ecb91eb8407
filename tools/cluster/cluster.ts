/**
 * The platform as users install it: nodes with a real kubelet, the image, and the Helm chart. Control plane, OIDC
 * provider and switches run beside the nodes, on the machine.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client } from '../../lib/kube/client.ts';
import { connect, type Connection } from '../../lib/kube/connection.ts';
import { NODES, TENANTS as TENANT_OBJECTS } from '../../lib/kube/resources.ts';
import type { KubeObject, ResourceType } from '../../lib/kube/types.ts';
import { findBinaries } from '../controlplane/binaries.ts';
import { thisMachine } from '../controlplane/machine.ts';
import { stopLeftovers } from '../controlplane/run-file.ts';
import { startControlPlane, type ControlPlane } from '../controlplane/start.ts';
import { startWatchdog } from '../controlplane/watchdog.ts';
import { authenticationConfiguration } from '../../services/cli/setup/authentication-configuration.ts';
import { CLIENT_ID } from '../identity/provider.ts';
import { writeAccess } from '../platform/access.ts';
import { installCommandLine } from '../platform/command-line.ts';
import { apply, documents } from '../controlplane/apply.ts';
import { startIdentity } from '../platform/identity.ts';
import { startProcess, type ManagedProcess, type Start } from '../platform/managed-process.ts';
import { TENANTS, type Platform } from '../platform/platform.ts';
import { switchesAreConfigured } from '../platform/ready.ts';
import { startSwitches } from '../platform/simulated-switches.ts';
import { chooseAddresses } from './addresses.ts';
import { installCalico } from './calico.ts';
import { groupName, removeGroup } from './cgroups.ts';
import { CHART, chartValues, helmRunner, installChart, writeValues, type Helm } from './chart.ts';
import { linkNodes, linkToHost, routedPrefixes } from './links.ts';
import { NODE_BINARIES, nodeName, startNode, type ClusterNode } from './node.ts';
import { pauseArchive, pauseProgram } from './pause.ts';
import { cniPlugins, missing, words } from './requirements.ts';
import { recordRun } from './run-record.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import { buildServiceImage, importServiceImage, type ServiceImage } from './service-image.ts';

export interface ClusterOptions {
  /** Where everything that the run makes is kept; must hold no earlier state. */
  readonly directory: string;
  readonly onProgress?: (line: string) => void;
  /** What Helm installs: a folder or package, and words after its own. Default: the chart as it is; `none`: nothing. */
  readonly chart?: { readonly path: string; readonly words?: readonly string[] } | 'none';
}

export interface Cluster extends Platform {
  readonly nodes: readonly ClusterNode[];
  readonly helm: Helm;
  readonly image: ServiceImage;
  /** Values that the chart was installed with. */
  readonly valuesFile: string;
}

/** Two, so that there is somewhere to go when one is drained. */
const NODE_NUMBERS = [1, 2];
const READY_MS = 120_000;
const POLL_MS = 200;

const MANIFESTS = new URL('manifests.yaml', import.meta.url);
const TENANT_MANIFESTS = new URL('tenants.yaml', import.meta.url);

/** This machine cannot run nodes: what it lacks, by name. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
  constructor(lines: readonly string[]) {
    super(words(lines));
  }
}

/** Stops and removes what a crashed run left behind. @throws if the run's owner is alive. */
export async function clearLeftovers(directory: string): Promise<void> {
  await stopLeftovers(directory);
  await stopLeftovers(join(directory, 'controlplane'));
  await removeGroup(groupName(directory));
}

/**
 * Starts the cluster; returns when both switches carry their base configuration and requests are taken.
 *
 * @throws MissingError; or with the end of the log of whatever did not start, everything else being stopped then.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory } = options;
  const progress = options.onProgress ?? (() => undefined);
  const lacking = await missing();
  const plugins = await cniPlugins();
  if (lacking.length > 0 || plugins === undefined) throw new MissingError(lacking);
  const logs = join(directory, 'logs');
  const secrets = join(directory, 'credentials');
  for (const folder of [logs, secrets]) await mkdir(folder, { recursive: true, mode: 0o700 });

  const run = recordRun(directory, await startWatchdog());
  const processes = new Map<string, ManagedProcess>();
  const sandboxes: Sandbox[] = [];
  let controlPlane: ControlPlane | undefined;
  let connection: Connection | undefined;
  const group = groupName(directory);

  const start: Start = (process) => {
    const started = startProcess({ ...process, watchdog: run, logFile: join(logs, `${process.name}.log`) });
    processes.set(process.name, started);
    return started;
  };

  async function stop(): Promise<void> {
    await connection?.close();
    // Asked first, so that nothing is started again; those in a node end with it.
    const stopping = [...processes.values()].map((process) => process.stop());
    await Promise.all([...stopping, ...sandboxes.map((sandbox) => sandbox.end())]);
    await controlPlane?.stop();
    await removeGroup(group);
    await run.release();
  }

  try {
    progress('Looking for the binaries of control plane and nodes');
    const binaries = await findBinaries(
      [
        ...([
          'etcd',
          'kube-apiserver',
          'kube-controller-manager',
          'kube-scheduler',
          'kubectl',
          'helm',
        ] as const),
        ...NODE_BINARIES,
      ],
      progress,
    );
    const machine = thisMachine();
    const holder = await pauseProgram(machine);
    const image = await buildServiceImage(join(directory, 'images'), progress);

    progress('Making the namespaces of two nodes');
    const addresses = chooseAddresses(await routedPrefixes());
    const linked = await Promise.all(
      NODE_NUMBERS.map(async (number) => {
        const sandbox = await startSandbox({
          holder,
          logs: join(logs, `${nodeName(number)}-pods`),
          watchdog: run,
        });
        sandboxes.push(sandbox);
        return { number, sandbox };
      }),
    );
    for (const node of linked) await linkToHost(addresses, node);
    for (const [index, a] of linked.entries())
      for (const b of linked.slice(index + 1)) await linkNodes(addresses, a, b);

    progress('Starting: identity provider, switches, control plane');
    const [identity, { switches, control }] = await Promise.all([
      startIdentity({ secrets, tenants: TENANTS, start }),
      startSwitches({ directory: join(directory, 'switches'), address: addresses.host, start }),
      installCommandLine({ bundles: join(directory, 'dist'), bin: join(directory, 'bin') }),
    ]);
    controlPlane = await startControlPlane({
      directory: join(directory, 'controlplane'),
      address: addresses.host,
      scheduler: true,
      // The machine knows the way to Pods, but not to addresses of Services: only nodes do.
      apiServerFlags: { 'allow-privileged': 'true', 'enable-aggregator-routing': 'true' },
      authenticationConfiguration: authenticationConfiguration({
        url: identity.issuer,
        audiences: [CLIENT_ID],
        certificateAuthority: identity.caPem,
      }),
      onProgress: progress,
    });
    const plane = controlPlane;
    const kubeconfig = await writeAccess({
      ...{ directory, secrets, plane, identity, switches },
      ...{ tenants: TENANTS, programs: { kubectl: binaries.kubectl, helm: binaries.helm } },
    });
    const api = await connect({ kubeconfig: plane.kubeconfig });
    connection = api;
    await apply(api, documents(await readFile(MANIFESTS, 'utf8')));
    await installCalico(api);

    progress('Starting the nodes: containerd, kubelet, kube-proxy, calico-felix');
    const pause = join(directory, 'pause.tar');
    await writeFile(pause, await pauseArchive(holder, machine.arch));
    const nodes = await Promise.all(
      linked.map(async ({ number, sandbox }) => {
        const node = await startNode({
          ...{ number, sandbox, addresses, binaries, cniPlugins: plugins, group, plane, start },
          directory: join(directory, nodeName(number)),
        });
        await node.importImage(pause);
        await importServiceImage(node, image);
        return node;
      }),
    );
    await areReady(api, NODES, NODE_NUMBERS.map(nodeName));
    await Promise.all(nodes.map((node) => node.enforcesPolicies()));
    progress(`Nodes are ready: ${nodes.map(({ name }) => name).join(', ')}`);

    const helm = helmRunner({
      binary: binaries.helm,
      kubeconfig: plane.kubeconfig,
      home: join(directory, 'helm'),
    });
    const valuesFile = join(directory, 'values.yaml');
    await writeValues(
      valuesFile,
      chartValues({ image, switches: [...switches.values()], apiServer: new URL(plane.server) }),
    );
    const chart = options.chart ?? { path: CHART };
    if (chart !== 'none') {
      progress('Installing the chart');
      await installChart(helm, { chart: chart.path, valuesFile, words: chart.words });
      progress('Waiting until both switches carry their base configuration');
      await switchesAreConfigured(api, [...switches.keys()]);
      await apply(api, documents(await readFile(TENANT_MANIFESTS, 'utf8')));
      await areReady(api, TENANT_OBJECTS, TENANTS);
    }
    return {
      ...{
        directory,
        kubeconfig,
        controlPlane: plane,
        switches,
        processes,
        nodes,
        helm,
        image,
        valuesFile,
        stop,
      },
      ...{ kubectl: binaries.kubectl, faults: control },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws after a while, naming those that are not ready and what they say. */
async function areReady<T extends KubeObject & { status?: { conditions?: readonly ReadyCondition[] } }>(
  connection: Connection,
  type: ResourceType<T>,
  names: readonly string[],
): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const { items } = await client(connection, type).list();
    const unready = names.flatMap((name) => {
      const ready = items
        .find(({ metadata }) => metadata.name === name)
        ?.status?.conditions?.find(({ type: of }) => of === 'Ready');
      return ready?.status === 'True' ? [] : [`${name}: ${ready?.message ?? 'has told nothing'}`];
    });
    if (unready.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Not ready: ${type.kind} ${unready.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

type ReadyCondition = { readonly type: string; readonly status: string; readonly message?: string };
