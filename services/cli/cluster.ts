/** The cluster a command works on. */
import { connect } from '../../lib/kube/connection.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import { inCluster, parseKubeconfig } from '../../lib/kube/kubeconfig.ts';
import type { Target } from '../../lib/kube/kubeconfig.ts';
import type { Context } from './command.ts';
import { Failure } from './failure.ts';
import { kubeconfigFiles, namespacesOf, readKubeconfig } from './kubeconfig.ts';
import type { CLUSTER_OPTIONS } from './options.ts';

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
    throw new Failure(messageOf(error), { next: `${context.program} login`, cause: error });
  }
  const { as: impersonateUser, 'as-group': impersonateGroups } = context.values;
  const user = {
    ...found.target.user,
    ...(impersonateUser !== undefined && { impersonateUser }),
    ...(impersonateGroups !== undefined && { impersonateGroups }),
  };
  return { ...found, target: { ...found.target, user } };
}

/** Tells `token`, which kubectl and we run, that nobody is there to log in. */
const UNATTENDED = { name: 'NAAS_UNATTENDED', value: '1' };

/**
 * Connects as the options say; closed when the command ends.
 *
 * @param options.unattended a credential plugin is told not to ask anybody
 */
export async function openCluster(
  context: ClusterContext,
  options: { unattended?: boolean } = {},
): Promise<Cluster> {
  const { target, namespaces } = findCluster(context);
  const { exec } = target.user;
  if (options.unattended === true && exec) exec.env = [...(exec.env ?? []), UNATTENDED];
  const connection = await connect({ target, userAgent: 'cli' });
  context.atEnd(() => connection.close());
  const namespace = context.values.namespace ?? target.namespace ?? 'default';
  return { connection, namespace, namespaces: [...new Set([namespace, ...namespaces])] };
}
