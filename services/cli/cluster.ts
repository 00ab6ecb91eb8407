/** The cluster a command works on. */
import { connect } from '../../lib/kube/connection.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import { findTarget } from '../../lib/kube/kubeconfig.ts';
import type { Target } from '../../lib/kube/kubeconfig.ts';
import type { Context } from './command.ts';
import { Failure } from './failure.ts';
import type { CLUSTER_OPTIONS } from './options.ts';

export interface Cluster {
  readonly connection: Connection;
  /** Of `--namespace`, else of the context, else `default`, as kubectl has it. */
  readonly namespace: string;
}

type ClusterContext = Context<typeof CLUSTER_OPTIONS>;

/**
 * The context of the kubeconfig that the options name, with whom to act as.
 *
 * @throws Failure if there is no kubeconfig, or no such context
 */
export function targetOf({ values, environment, program }: ClusterContext): Target {
  let target: Target;
  try {
    target = findTarget({
      kubeconfig: values.kubeconfig ?? environment['KUBECONFIG'],
      context: values.context,
    });
  } catch (error) {
    throw new Failure(messageOf(error), { next: `${program} login`, cause: error });
  }
  const { as: user, 'as-group': groups } = values;
  if (user === undefined && groups === undefined) return target;
  return {
    ...target,
    user: {
      ...target.user,
      ...(user !== undefined && { impersonateUser: user }),
      ...(groups !== undefined && { impersonateGroups: groups }),
    },
  };
}

/** Connects as the options say; closed when the command ends. */
export async function openCluster(context: ClusterContext): Promise<Cluster> {
  const target = targetOf(context);
  const connection = await connect({ target, userAgent: 'cli' });
  context.atEnd(() => connection.close());
  return { connection, namespace: context.values.namespace ?? target.namespace ?? 'default' };
}
