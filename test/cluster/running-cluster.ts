/** A whole cluster for one test file. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { CHART } from '../../tools/cluster/chart.ts';
import { startCluster, type Cluster } from '../../tools/cluster/cluster.ts';
import { runCommand } from '../../tools/cluster/run-command.ts';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { usePlatform, type RunningPlatform } from '../platform/running-platform.ts';

export type RunningCluster = RunningPlatform<Cluster>;

/** Lower than any that was released. */
export const PREVIOUS = '0.0.1';
export const SERVICES = ['webhooks', 'interface-watcher', 'device-watcher', 'scheduler', 'tenant-controller'];

/**
 * Starts a cluster with the chart's previous version. Until there is a release before this one, the same chart under a
 * lower version stands for it, with another log level and the image named by its tag.
 */
export async function clusterBeforeUpgrade(): Promise<RunningCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-cluster-'));
  const helm = await findBinary('helm');
  await runCommand(helm, ['package', CHART, '--version', PREVIOUS, '--destination', directory]);
  const words = ['--set', 'pods.logLevel=debug', '--set', 'image.digest='];
  return usePlatform(
    await startCluster({ directory, chart: { path: join(directory, `naas-${PREVIOUS}.tgz`), words } }),
  );
}

/** Waits until every Deployment of the platform has all its replicas, of its newest template. */
export async function rolledOut(naas: RunningCluster): Promise<void> {
  for (const name of SERVICES)
    await naas.run('admin', 'rollout', 'status', `deployment/${name}`, '--timeout=110s');
}

/** The platform's Pods that run a service. */
export async function servicePods(naas: RunningCluster, service: string): Promise<ServicePod[]> {
  const text = await naas.run(
    'admin',
    'get',
    'pods',
    '--selector',
    `app=naas,component=${service}`,
    '-o',
    'json',
  );
  return (JSON.parse(text) as { items: ServicePod[] }).items;
}

export interface ServicePod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly podIP: string;
    readonly containerStatuses: readonly {
      readonly containerID: string;
      readonly imageID: string;
      readonly restartCount: number;
      readonly ready: boolean;
    }[];
  };
}

export const namespace = PLATFORM_NAMESPACE;
