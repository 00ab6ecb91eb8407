import { arch, availableParallelism, platform, release, totalmem, version } from 'node:os';
import { systemClock } from '../../lib/kube/clock.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isAlreadyExists, isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import { LEASES, NODES } from '../../lib/kube/resources.ts';
import type { Lease } from '../../lib/kube/resources.ts';

/** This machine as a Node of the cluster. */
export interface NodeHeartbeat {
  /** Says that the node is going, and ends. */
  stop(): Promise<void>;
}

export interface NodeOptions {
  readonly name: string;
  readonly address: string;
  /** Where the agent serves logs. */
  readonly port: number;
  readonly mostPods: number;
  readonly log: Log;
}

const LEASE_NAMESPACE = 'kube-node-lease';
/** The numbers of a kubelet: the node counts as lost after 40 s. */
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
/** Nothing else is to be put here, should a cluster have a scheduler. */
const TAINT = { key: 'network.as.a.service/node-agent', value: '', effect: 'NoSchedule' };

/** What Pods may ask this machine for. */
export function allocatable(mostPods: number): Record<string, string> {
  const memory = `${Math.floor(totalmem() / 1024)}Ki`;
  return { cpu: String(availableParallelism()), memory, pods: String(mostPods) };
}

/** Registers the Node, says that it is ready, and keeps saying so by its Lease as kubelets do. */
export async function startHeartbeat(connection: Connection, options: NodeOptions): Promise<NodeHeartbeat> {
  const { name, log } = options;
  const nodes = client(connection, NODES);
  const leases = client(connection, LEASES, { timeoutMs: RENEW_MS });
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': platform(),
    'kubernetes.io/arch': arch() === 'x64' ? 'amd64' : arch(),
  };

  try {
    await nodes.create({ metadata: { name, labels }, spec: { taints: [TAINT] } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await nodes.patch({ name }, { metadata: { labels }, spec: { taints: [TAINT] } }, { type: 'merge' });
  }
  await tell(true);
  await renew();

  async function tell(ready: boolean): Promise<void> {
    const now = time(systemClock.now());
    const resources = allocatable(options.mostPods);
    const status = {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: options.address },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: options.port } },
      nodeInfo: {
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: release(),
        osImage: version(),
        containerRuntimeVersion: `process://${process.versions.node}`,
        kubeletVersion: 'v1.36.3-naas',
        kubeProxyVersion: '',
        operatingSystem: platform(),
        architecture: labels['kubernetes.io/arch'],
      },
      conditions: [
        condition(
          'MemoryPressure',
          false,
          'KubeletHasSufficientMemory',
          'not watched by the node agent',
          now,
        ),
        condition('DiskPressure', false, 'KubeletHasNoDiskPressure', 'not watched by the node agent', now),
        condition('PIDPressure', false, 'KubeletHasSufficientPID', 'not watched by the node agent', now),
        ready
          ? condition('Ready', true, 'KubeletReady', 'the node agent runs', now)
          : condition('Ready', false, 'NodeAgentStopped', 'the node agent was stopped', now),
      ],
    };
    await nodes.patch({ name }, { status }, { type: 'strategic', subresource: 'status' });
  }

  async function renew(): Promise<void> {
    const ref = { namespace: LEASE_NAMESPACE, name };
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: new Date(systemClock.now()).toISOString().replace('Z', '000Z'),
    };
    try {
      await leases.patch(ref, { spec }, { type: 'merge' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const lease: Lease = { metadata: ref, spec };
      await leases.create(lease);
    }
  }

  const timer = setInterval(() => {
    // Until 40 s have gone by nobody minds.
    renew().catch((error: unknown) =>
      log.warn({ error: messageOf(error) }, 'could not renew the Lease of the node'),
    );
  }, RENEW_MS);
  return {
    async stop() {
      clearInterval(timer);
      try {
        await tell(false);
      } catch (error) {
        // The Lease will tell.
        log.debug({ error: messageOf(error) }, 'could not say that the node is going');
      }
    },
  };
}

function condition(type: string, yes: boolean, reason: string, message: string, now: string): object {
  const status = yes ? 'True' : 'False';
  return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: now };
}

function time(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}
