/** The cluster a command works on. */
import type { Connection } from '../../lib/kube/connection.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import { inCluster, parseKubeconfig } from '../../lib/kube/kubeconfig.ts';
import type { Target } from '../../lib/kube/kubeconfig.ts';
import type { Context } from './command.ts';
import { connectTo } from './connect.ts';
import { Failure } from './failure.ts';
import { kubeconfigFiles, namespacesOf, readKubeconfig } from './kubeconfig.ts';
import type { CLUSTER_OPTIONS } from './options.ts';
import { withPluginCredentials } from './plugin-credentials.ts';

export interface Cluster {
  readonly connection: Connection;
  /** Of `--namespace`, else of the context, else `default`, as kubectl has it. */
  readonly namespace: string;
  /** All namespaces that the kubeconfig knows of this cluster, {@link namespace} first. */
  readonly namespaces: readonly string[];
}

type ClusterContext = Context<typeof CLUSTER_OPTIONS>;

interface Found {
  target: Target;
  namespaces: string[];
}

function find({ values, environment }: ClusterContext): Found {
  const files = kubeconfigFiles(values.kubeconfig, environment);
  if (files.length === 0) {
    const pod = inCluster(environment);
    if (pod !== undefined) return { target: pod, namespaces: [] };
    throw new Error('No cluster is known yet: there is no kubeconfig');
  }
  const config = readKubeconfig(files);
  const target = parseKubeconfig(JSON.stringify(config), {
    file: files.join(', '),
    context: values.context,
  });
  return { target, namespaces: namespacesOf(config, target.cluster.server) };
}

/**
 * The context of the kubeconfig that the options name, with whom to act as.
 *
 * @throws Failure if there is no kubeconfig, or no such context
 */
export function findCluster(context: ClusterContext): Found {
  let found: Found;
  try {
    found = find(context);
  } catch (error) {
    const next =
      context.values.context === undefined ? `${context.program} login` : 'kubectl config get-contexts';
    throw new Failure(messageOf(error), { next, cause: error });
  }
  const { as: impersonateUser, 'as-group': impersonateGroups } = context.values;
  const user = {
    ...found.target.user,
    ...(impersonateUser !== undefined && { impersonateUser }),
    ...(impersonateGroups !== undefined && { impersonateGroups }),
  };
  return { ...found, target: { ...found.target, user } };
}

/** As kubectl writes times; seconds without a unit. */
const TIME = /^([1-9][0-9]{0,5})(ms|s|m|h)?$/;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function timeoutOf({ values, program }: ClusterContext): number | undefined {
  const text = values['request-timeout'];
  // As for kubectl, 0 asks for no limit of its own.
  if (text === undefined || text === '0') return undefined;
  const [, number = '', unit = 's'] = TIME.exec(text) ?? [];
  if (number === '')
    throw new Failure(`--request-timeout "${text}" is not a time such as 5s or 2m`, {
      next: `${program} help`,
    });
  return Number(number) * (UNITS[unit] ?? 1000);
}

/**
 * Connects as the options say; closed when the command ends.
 *
 * @param options.unattended a credential plugin is told not to ask anybody
 */
export async function openCluster(
  context: ClusterContext,
  options: { unattended?: boolean } = {},
): Promise<Cluster> {
  const timeoutMs = timeoutOf(context);
  const { target: written, namespaces } = findCluster(context);
  const { unattended = false } = options;
  const target = await withPluginCredentials(written, { unattended, program: context.program });
  const connected = await connectTo(target, context.environment);
  context.atEnd(() => connected.close());
  const connection: Connection =
    timeoutMs === undefined
      ? connected
      : { ...connected, request: (call) => connected.request({ ...call, timeoutMs }) };
  const namespace = context.values.namespace ?? target.namespace ?? 'default';
  return { connection, namespace, namespaces: [...new Set([namespace, ...namespaces])] };
}
