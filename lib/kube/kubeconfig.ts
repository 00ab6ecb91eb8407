/**
 * Which API server, and as whom: kubeconfig files, or the service account of the Pod.
 *
 * client-node's own parsing is used by path: its `KubeConfig` class drags in every generated model, a proxy stack and an
 * OpenID client (45 ms of process start when bundled, 350 ms when not), of which a controller uses nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { newClusters, newContexts, newUsers } from '@kubernetes/client-node/dist/config_types.js';
import type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js';
import { parse } from 'yaml';

/** What a kubeconfig context, or a Pod, says about a cluster and who we are there. */
export interface Target {
  cluster: Cluster;
  user: User & { tokenFile?: string; impersonateGroups?: string[] };
  /** Namespace of the context. */
  namespace?: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

interface Entry {
  name?: string;
  user?: Record<string, unknown>;
}

interface Kubeconfig {
  'current-context'?: string;
  clusters?: Entry[];
  users?: Entry[];
  contexts?: Entry[];
}

/**
 * Reads a context of a kubeconfig. Relative paths in it are taken from its own folder, as kubectl does.
 *
 * @throws Error naming the file and the entry that is missing or of an unsupported kind.
 */
export function parseKubeconfig(
  text: string,
  options: { file: string; context?: string | undefined },
): Target {
  const { file } = options;
  const config: Kubeconfig | null = readConfig(text);
  if (typeof config !== 'object' || config === null) throw new Error(`${file}: is not a kubeconfig`);
  const name = options.context ?? config['current-context'];
  const context = newContexts(config.contexts ?? []).find((each) => each.name === name);
  if (!context)
    throw new Error(`${file}: has no context "${name ?? ''}"; set current-context or name another one`);
  const cluster = newClusters(config.clusters ?? []).find((each) => each.name === context.cluster);
  if (!cluster)
    throw new Error(`${file}: context "${name}" names cluster "${context.cluster}", which is not there`);
  const entries = (config.users ?? []).filter((each) => each.name === context.user);
  // A token file is read by our own code, at each refresh; client-node would read it once and never again.
  const withoutFile = entries.map(({ name, user }) => ({ name, user: { ...user, 'token-file': undefined } }));
  const user = newUsers(withoutFile)[0];
  if (!user) throw new Error(`${file}: context "${name}" names user "${context.user}", which is not there`);
  if (user.authProvider) {
    throw new Error(
      `${file}: user "${user.name}" has an auth-provider; give it an exec plugin, a token or a certificate`,
    );
  }
  const raw = entries[0]?.user ?? {};
  const absolute = (value: string) => path.resolve(path.dirname(file), value);
  if (cluster.caFile) cluster.caFile = absolute(cluster.caFile);
  if (user.certFile) user.certFile = absolute(user.certFile);
  if (user.keyFile) user.keyFile = absolute(user.keyFile);
  const tokenFile = raw['tokenFile'];
  const groups = raw['as-groups'];
  return {
    cluster,
    user: {
      ...user,
      ...(typeof tokenFile === 'string' && { tokenFile: absolute(tokenFile) }),
      ...(Array.isArray(groups) && { impersonateGroups: groups.map(String) }),
    },
    ...(context.namespace && { namespace: context.namespace }),
  };
}

/** JSON is YAML, and read so it costs the start of a process 20 ms less. */
function readConfig(text: string): Kubeconfig | null {
  try {
    return JSON.parse(text) as Kubeconfig | null;
  } catch {
    return parse(text) as Kubeconfig | null;
  }
}

/** The service account that a Pod has in its file system. `undefined` outside of a Pod. */
export function inCluster(environment: NodeJS.ProcessEnv, root = SERVICE_ACCOUNT): Target | undefined {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  const tokenFile = path.join(root, 'token');
  if (!host || !port || !existsSync(tokenFile)) return undefined;
  const namespace = path.join(root, 'namespace');
  return {
    cluster: {
      name: 'in-cluster',
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      caFile: path.join(root, 'ca.crt'),
      skipTLSVerify: false,
    },
    user: { name: 'service-account', tokenFile },
    ...(existsSync(namespace) && { namespace: readFileSync(namespace, 'utf8').trim() }),
  };
}

/**
 * Finds the cluster: the given file, else `$KUBECONFIG`, else the Pod's service account, else `~/.kube/config`.
 *
 * @throws Error that says what was looked for.
 */
export function findTarget(
  options: { kubeconfig?: string | undefined; context?: string | undefined } = {},
): Target {
  const file = options.kubeconfig ?? process.env['KUBECONFIG'];
  if (file) {
    if (file.includes(path.delimiter)) throw new Error('KUBECONFIG must name one file; merge them first');
    return parseKubeconfig(readFileSync(file, 'utf8'), { file, context: options.context });
  }
  const pod = inCluster(process.env);
  if (pod) return pod;
  const home = path.join(homedir(), '.kube', 'config');
  if (existsSync(home))
    return parseKubeconfig(readFileSync(home, 'utf8'), { file: home, context: options.context });
  throw new Error(
    'No cluster found: set KUBECONFIG to a kubeconfig file, or run in a Pod with a service account',
  );
}
