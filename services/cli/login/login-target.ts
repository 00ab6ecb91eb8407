/** Which cluster a login is for, and what is known of it: from the kubeconfig and the options. Pure. */
import { parseArgs } from 'node:util';
import { Failure } from '../failure.ts';
import type { Values } from '../command.ts';
import type { KubeconfigView, NamedCluster } from './kubeconfig-edit.ts';
import { LOGIN_OPTIONS } from './settings.ts';

export interface ClusterChoice {
  readonly context?: string | undefined;
  /** Name of a cluster entry. */
  readonly cluster?: string | undefined;
  readonly server?: string | undefined;
  /** PEM. */
  readonly certificateAuthority?: string | undefined;
}

/**
 * The cluster that is meant: a new one by its address, or one of the kubeconfig.
 *
 * @param program as the person calls it
 * @returns `isNew` if it must be written
 * @throws Failure that says how to name one
 */
export function chooseCluster(
  view: KubeconfigView,
  choice: ClusterChoice,
  program: string,
): { readonly entry: NamedCluster; readonly isNew: boolean } {
  if (choice.server !== undefined) return { entry: newCluster(choice.server, choice, program), isNew: true };
  const contextName = choice.context ?? view.current;
  const context = view.contexts.find(({ name }) => name === contextName);
  if (choice.context !== undefined && context === undefined)
    throw new Failure(`The kubeconfig has no context "${choice.context}"`, {
      next: 'kubectl config get-contexts',
    });
  const only = view.clusters.length === 1 ? view.clusters[0]?.name : undefined;
  const name = choice.cluster ?? context?.cluster ?? only;
  const entry = view.clusters.find((each) => each.name === name);
  if (entry !== undefined) return { entry, isNew: false };
  throw new Failure(
    name === undefined
      ? 'The kubeconfig names no cluster to log in to'
      : `The kubeconfig has no cluster "${name}"`,
    {
      next: `${program} login --server URL --certificate-authority FILE, as your administrator has told you`,
    },
  );
}

function newCluster(
  server: string,
  { cluster, certificateAuthority }: ClusterChoice,
  program: string,
): NamedCluster {
  const url = URL.parse(server);
  if (url?.protocol !== 'https:')
    throw new Failure(`--server "${server}" is no https URL`, { next: `${program} login --help` });
  return {
    name: cluster ?? url.hostname,
    cluster: {
      server: server.replace(/\/+$/, ''),
      ...(certificateAuthority !== undefined && {
        'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
      }),
    },
  };
}

/**
 * Options of an earlier login for this cluster, so that nobody types them twice; those given now count more.
 *
 * @param context the context that is meant, if any
 */
export function withEarlier(
  view: KubeconfigView,
  cluster: string,
  context: string | undefined,
  given: Values<typeof LOGIN_OPTIONS>,
): Values<typeof LOGIN_OPTIONS> {
  const chosen = view.contexts.find(({ name }) => name === (context ?? view.current));
  const users = [chosen, ...view.contexts]
    .filter((each) => each?.cluster === cluster)
    .map((each) => each?.user);
  const words = users
    .map((user) => view.plugins.get(user ?? '') ?? [])
    .map((args) => args.slice(args.indexOf('token') + 1))
    .find((args) => args.includes('--issuer') && args.includes('--client-id'));
  if (words === undefined || (given.issuer !== undefined && !words.includes(given.issuer))) return given;
  const { values } = parseArgs({ args: [...words], options: LOGIN_OPTIONS, strict: false });
  return { ...(values as Values<typeof LOGIN_OPTIONS>), ...given };
}

/** Names of the entries that a login writes: they say where and who, and do not clash with other people's. */
export const userName = (cluster: string, who: string) => `${cluster}/${who}`;
export const contextName = (cluster: string, namespace: string) => `${cluster}/${namespace}`;
