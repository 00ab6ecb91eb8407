/** `login`: gets a person from nothing to contexts that work. */
import { dirname, resolve } from 'node:path';
import { client } from '../../../lib/kube/client.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { ApiError } from '../../../lib/kube/errors.ts';
import type { Target } from '../../../lib/kube/kubeconfig.ts';
import { NAMESPACES } from '../../../lib/kube/resources.ts';
import { command } from '../command.ts';
import type { Context } from '../command.ts';
import { connectTo } from '../connect.ts';
import { Failure } from '../failure.ts';
import { accessTo, whoIs } from '../identity.ts';
import type { NamespaceAccess } from '../identity.ts';
import { askingBy } from '../login/asking.ts';
import { clusterAddress } from '../login/exec-info.ts';
import { viewKubeconfig, withLogin } from '../login/kubeconfig-edit.ts';
import type { KubeconfigView, NamedCluster } from '../login/kubeconfig-edit.ts';
import { kubeconfigPath, readKubeconfig, writeKubeconfig } from '../login/kubeconfig-file.ts';
import { rememberCluster } from '../login/known-clusters.ts';
import { loginFolder, removeLogin, settleAccount } from '../login/login-store.ts';
import type { StoredLogin } from '../login/login-store.ts';
import { chooseCluster, contextName, userName, withEarlier } from '../login/login-target.ts';
import { candidates } from '../login/namespaces.ts';
import { obtainLogin } from '../login/obtain.ts';
import { ownCommand } from '../login/own-command.ts';
import { readNamedFile } from '../named-file.ts';
import { LOGIN_OPTIONS, loginSettings, tokenArguments } from '../login/settings.ts';
import type { LoginSettings } from '../login/settings.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { proxyTo } from '../proxy.ts';
import { plain } from '../output/plain.ts';
import { whoami } from './whoami.ts';

const OPTIONS = {
  ...LOGIN_OPTIONS,
  ...OUTPUT_OPTIONS,
  kubeconfig: { type: 'string', value: 'FILE', help: 'kubeconfig to write', complete: 'file' },
  context: {
    type: 'string',
    value: 'NAME',
    help: 'log in to the cluster of this context',
    complete: 'context',
  },
  cluster: {
    type: 'string',
    value: 'NAME',
    help: 'cluster of the kubeconfig; with --server the name of a new one',
  },
  server: { type: 'string', value: 'URL', help: 'API server that is not in the kubeconfig yet' },
  'certificate-authority': { type: 'string', value: 'FILE', help: 'of --server, PEM', complete: 'file' },
  namespace: {
    type: 'string',
    short: 'n',
    multiple: true,
    value: 'NAME',
    help: 'namespace that may be yours; others are guessed',
    complete: 'namespace',
  },
} as const;

export const login = command({
  parameters: [],
  options: OPTIONS,
  examples: [
    'login --issuer https://accounts.google.com --client-id ID --client-secret-file FILE',
    'login --server https://api.example.com:6443 --certificate-authority ca.pem --issuer URL --client-id ID',
    'login --device-code',
    'login --namespace my-team',
  ],
  async run(context) {
    const { values, environment, program, stderr } = context;
    const file = kubeconfigPath(values.kubeconfig, environment);
    const view = viewKubeconfig(readKubeconfig(file), file);
    const { entry, isNew } = chooseCluster(
      view,
      {
        context: values.context,
        cluster: values.cluster,
        server: values.server,
        certificateAuthority: await pem(values['certificate-authority'], program),
      },
      program,
    );
    const asked = absolute(loginSettings(withEarlier(view, entry.name, values.context, values), program));
    // A cluster that nothing can be sent to is told before anybody is asked to log in, and no login is kept for it (S-83).
    const cluster = await inlined(entry, file);
    proxyTo(clusterOf(cluster), environment);
    const folder = loginFolder(environment);
    stderr.write(`Logging in to ${plain(entry.cluster.server)} (${plain(entry.name)})\n`);
    const got = await obtainLogin({
      ...{ settings: asked, folder, environment, program },
      asking: askingBy({ settings: asked, environment, stderr }),
      ask: 'always',
    });
    const settings = settleAccount(folder, asked, got);
    const access = await lookAround(context, cluster, got, namedNamespaces(view, entry, values)).catch(
      (error: unknown) => {
        // S-83: a login that belongs to no cluster would be given to the first one that asks.
        removeLogin(folder, settings);
        throw error;
      },
    );
    rememberCluster(folder, clusterAddress(cluster.cluster), settings);

    const user = userName(entry.name, got.email ?? got.subject);
    const contexts =
      access.length === 0
        ? [{ name: user, cluster: entry.name, user }]
        : access.map(({ namespace }) => ({
            name: freeName(view, contextName(entry.name, namespace)),
            ...{ cluster: entry.name, user, namespace },
          }));
    const { command: self, before } = ownCommand(process);
    const kept = environment['NAAS_LOGIN_FOLDER'];
    const exec = {
      command: self,
      args: [...before, 'token', ...tokenArguments(settings)],
      ...(kept !== undefined && { env: [{ name: 'NAAS_LOGIN_FOLDER', value: resolve(kept) }] }),
    };
    // Read anew: a person takes their time to log in, and others write, too.
    const text = withLogin(readKubeconfig(file), file, {
      cluster: isNew ? cluster : undefined,
      user: { name: user, exec },
      contexts,
      current: contexts[0]?.name,
    });
    writeKubeconfig(file, text);
    const names = contexts.map(({ name }) => name);
    stderr.write(`Written to ${file}: ${names.length > 1 ? 'contexts' : 'context'} ${names.join(', ')}\n`);
    // Through what was written, as kubectl will: so it is known to work.
    const shown = { output: values.output, 'no-headers': values['no-headers'] };
    const code = await whoami.run({ ...context, values: { ...shown, kubeconfig: file, context: names[0] } });
    stderr.write(
      access.length === 0
        ? `No namespace was found where you may ask for ports. Ask your administrator for its name.\nNext: ${program} login --namespace NAME\n`
        : 'Next: kubectl get interfaces\n',
    );
    return code;
  },
});

async function pem(file: string | undefined, program: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const what = '--certificate-authority';
  return readNamedFile({ what, file, next: `${program} login ${what} FILE` });
}

/** kubectl runs the plugin in another folder than people type in. */
function absolute(settings: LoginSettings): LoginSettings {
  const { issuerCa, clientSecretFile } = settings;
  return {
    ...settings,
    issuerCa: issuerCa === undefined ? undefined : resolve(issuerCa),
    clientSecretFile: clientSecretFile === undefined ? undefined : resolve(clientSecretFile),
  };
}

/** The cluster with its authority in it, as kubectl tells it to the plugin. */
async function inlined({ name, cluster }: NamedCluster, file: string): Promise<NamedCluster> {
  const { 'certificate-authority': path, ...others } = cluster;
  if (path === undefined || others['certificate-authority-data'] !== undefined)
    return { name, cluster: others };
  const authority = await readNamedFile({
    what: `certificate-authority of cluster "${name}" in ${file}:`,
    file: resolve(dirname(file), path),
    next: `kubectl config set-cluster ${name} --certificate-authority FILE`,
  });
  const data = Buffer.from(authority).toString('base64');
  return { name, cluster: { ...others, 'certificate-authority-data': data } };
}

function namedNamespaces(
  view: KubeconfigView,
  { name }: NamedCluster,
  values: { readonly namespace?: string[] | undefined },
): { named: readonly string[]; contexts: readonly string[] } {
  return {
    named: values.namespace ?? [],
    contexts: view.contexts
      .filter(({ cluster, namespace }) => cluster === name && namespace !== undefined)
      .map(({ namespace = '' }) => namespace),
  };
}

/** A context of somebody else keeps its name. */
function freeName(view: KubeconfigView, name: string): string {
  const held = view.contexts.find((each) => each.name === name);
  const ours = held === undefined || (view.plugins.get(held.user) ?? []).includes('--issuer');
  return ours ? name : `${name}/login`;
}

/** The cluster as connections know it. */
function clusterOf({ name, cluster }: NamedCluster): Target['cluster'] {
  const ca = cluster['certificate-authority-data'];
  const serverName = cluster['tls-server-name'];
  const proxyUrl = cluster['proxy-url'];
  return {
    ...{ name, server: cluster.server },
    skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
    ...(ca !== undefined && { caData: ca }),
    ...(serverName !== undefined && { tlsServerName: serverName }),
    ...(proxyUrl !== undefined && { proxyUrl }),
  };
}

/** Asks the API server where the person may ask for ports. @throws Failure if it does not take the login */
async function lookAround(
  { program, environment, atEnd }: Context,
  cluster: NamedCluster,
  { idToken, issuer }: StoredLogin,
  names: { named: readonly string[]; contexts: readonly string[] },
): Promise<readonly NamespaceAccess[]> {
  const target = { cluster: clusterOf(cluster), user: { name: 'login', token: idToken } };
  const connection = await connectTo(target, environment);
  atEnd(() => connection.close());
  const identity = await whoIs(connection).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.code === 401)) throw error;
    throw new Failure(
      `${target.cluster.server} does not take logins of ${issuer} as this client, or not this account`,
      {
        next: `ask your administrator, who can compare with: ${program} setup api-server --help`,
        cause: error,
      },
    );
  });
  const asked = await accessTo(connection, candidates({ ...identity, ...names }));
  const allowed = asked.filter(({ role }) => role !== 'none');
  const there = await Promise.all(allowed.map(({ namespace }) => mayBeThere(connection, namespace)));
  return allowed.filter((_, index) => there[index]);
}

/** Who may do everything may do so in namespaces that are not there; who may not look has a RoleBinding in it. */
async function mayBeThere(connection: Connection, name: string): Promise<boolean> {
  try {
    return (await client(connection, NAMESPACES).get({ name })) !== undefined;
  } catch (error) {
    if (error instanceof ApiError && (error.code === 403 || error.code === 404)) return error.code === 403;
    throw error;
  }
}
