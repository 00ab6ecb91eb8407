/**
 * The local platform: a real control plane and OIDC provider, the platform's services as processes, and two
 * simulated switches. Everything is made anew at each start; state lives in one folder.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { connect, type Connection } from '../../lib/kube/connection.ts';
import { configMaps } from '../../templates/config-maps.ts';
import { bundleServices } from '../build/bundle.ts';
import { NODE_OPTIONS } from '../build/node-options.ts';
import { apply, documents } from '../controlplane/apply.ts';
import { findBinaries } from '../controlplane/binaries.ts';
import type { Flags } from '../controlplane/flags.ts';
import { freePorts } from '../controlplane/free-port.ts';
import { installApi } from '../controlplane/install.ts';
import { startControlPlane, type ControlPlane } from '../controlplane/start.ts';
import { startWatchdog } from '../controlplane/watchdog.ts';
import { authenticationConfiguration } from '../../services/cli/setup/authentication-configuration.ts';
import { CLIENT_ID } from '../identity/provider.ts';
import { writeAccess } from './access.ts';
import { startBalancer, type Balancer } from './balancer.ts';
import { installCommandLine } from './command-line.ts';
import { startIdentity } from './identity.ts';
import { startProcess, type ManagedProcess, type Start } from './managed-process.ts';
import { serviceAccountCredentials, type ServiceAccountCredentials } from './service-account.ts';
import { inventoryHosts, type Switch } from './switches.ts';
import { startSwitches, type SimulatedSwitches } from './simulated-switches.ts';
import { templateFiles } from './template-files.ts';
import { switchesAreConfigured } from './ready.ts';

export interface PlatformOptions {
  /** Where everything that the run makes is kept; must hold no earlier state. */
  readonly directory: string;
  readonly onProgress?: (line: string) => void;
  /** How many of a service run; default: one of each. The first is called like the service, others `NAME-2`, … */
  readonly replicas?: Partial<Readonly<Record<ServiceName, number>>>;
  /** Gives a replica another way to the API server than the kubeconfig made for it: path of the one it uses. */
  readonly wayToApi?: (replica: string, kubeconfig: string) => Promise<string>;
  /** Added to the environment of the process of this name, at every start of it. */
  readonly environmentOf?: (name: string) => Readonly<Record<string, string>>;
  /** Added to the API server's flags, or instead of them. */
  readonly apiServerFlags?: Flags;
}

export interface Platform {
  readonly directory: string;
  /** Path of kubectl. */
  readonly kubectl: string;
  /** Path of a kubeconfig with contexts admin, tenant-a and tenant-b. */
  readonly kubeconfig: string;
  readonly controlPlane: ControlPlane;
  readonly switches: ReadonlyMap<string, Switch>;
  /** Where faults of the simulated switches are switched on. */
  readonly faults: SimulatedSwitches['control'];
  /** Processes by name: services, node agent, identity provider, switches. */
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  stop(): Promise<void>;
}

/** The tenants of the walk-through, each with one person. */
export const TENANTS = ['tenant-a', 'tenant-b'];
const SERVICES = [
  'webhooks',
  'interface-watcher',
  'device-watcher',
  'scheduler',
  'tenant-controller',
] as const;
export type ServiceName = (typeof SERVICES)[number];
const IMAGE = 'network.as.a.service/naas:local';
const NODE_NAME = 'local';

const root = new URL('../../', import.meta.url).pathname;
const LOCAL = '127.0.0.1';

/** Installs namespaces, roles, defaults, templates, webhooks and the inventory. */
async function installManifests(connection: Connection, switches: Iterable<Switch>): Promise<void> {
  const files = [
    'tools/platform/manifests/tenants.yaml',
    'tools/platform/manifests/defaults.yaml',
    'webhooks/rbac.yaml',
    'webhooks/webhooks.yaml',
    ...['interface-watcher', 'device-watcher', 'scheduler', 'tenant-controller', 'enforcer'].map(
      (name) => `services/${name}/rbac.yaml`,
    ),
  ];
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  const inventory = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'inventory', namespace: PLATFORM_NAMESPACE },
    stringData: { 'hosts.yaml': inventoryHosts(switches) },
  };
  await apply(connection, [...texts.flatMap(documents), ...configMaps(await templateFiles()), inventory]);
}

/**
 * Starts the platform; returns when both switches carry their base configuration and requests are taken.
 *
 * @throws with the end of the log of whatever did not start; everything else is stopped then.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { directory } = options;
  const progress = options.onProgress ?? (() => undefined);
  const logs = join(directory, 'logs');
  const secrets = join(directory, 'credentials');
  for (const folder of [logs, secrets]) await mkdir(folder, { recursive: true, mode: 0o700 });

  const watchdog = await startWatchdog();
  const processes = new Map<string, ManagedProcess>();
  const credentials: ServiceAccountCredentials[] = [];
  let balancer: Balancer | undefined;
  let controlPlane: ControlPlane | undefined;
  let connection: Connection | undefined;

  const start: Start = (process) => {
    const environment = { ...process.environment, ...options.environmentOf?.(process.name) };
    const logFile = join(logs, `${process.name}.log`);
    const started = startProcess({ ...process, environment, watchdog, logFile });
    processes.set(process.name, started);
    return started;
  };

  async function stop(): Promise<void> {
    for (const credential of credentials) credential.stop();
    // Services first, then what they talk to.
    await Promise.all([...processes.values()].map((process) => process.stop()));
    await balancer?.stop();
    await connection?.close();
    await controlPlane?.stop();
    watchdog.release();
  }

  async function startService(name: ServiceName, dist: string, plane: ControlPlane, api: Connection) {
    const account = await serviceAccountCredentials(api, {
      name,
      directory: secrets,
      server: plane.server,
      caPem: plane.caPem,
    });
    credentials.push(account);
    const count = options.replicas?.[name] ?? 1;
    const serving = await freePorts(count);
    // Callers of several replicas know one address.
    let port = serving[0];
    if (name === 'webhooks' && count > 1) {
      [port] = await freePorts(1);
      balancer = await startBalancer(port ?? 0, serving);
    }
    const replicas = serving.map((own, index) => ({
      own,
      replica: index === 0 ? name : `${name}-${index + 1}`,
    }));
    await Promise.all(
      replicas.map(async ({ own, replica }) => {
        const kubeconfig = (await options.wayToApi?.(replica, account.kubeconfig)) ?? account.kubeconfig;
        const address = {
          ...(name === 'webhooks'
            ? { NAAS_WEBHOOK_ADDRESS: `${LOCAL}:${own}`, NAAS_WEBHOOK_URL: `https://${LOCAL}:${port}` }
            : {}),
          ...(name === 'scheduler' ? { NAAS_API_ADDRESS: `${LOCAL}:${own}` } : {}),
        };
        await startReplica({ name, replica, dist, kubeconfig, address });
      }),
    );
  }

  async function startReplica(given: {
    name: ServiceName;
    replica: string;
    dist: string;
    kubeconfig: string;
    address: Readonly<Record<string, string>>;
  }): Promise<void> {
    const [http = 0] = await freePorts(1);
    const httpAddress = `${LOCAL}:${http}`;
    const service = start({
      name: given.replica,
      command: process.execPath,
      arguments: [...NODE_OPTIONS, join(given.dist, `${given.name}.mjs`)],
      httpAddress,
      environment: {
        KUBECONFIG: given.kubeconfig,
        // As in images: no deep freezing of what a cache gives.
        NODE_ENV: 'production',
        NAAS_NAMESPACE: PLATFORM_NAMESPACE,
        NAAS_HTTP_ADDRESS: httpAddress,
        NAAS_IMAGE: IMAGE,
        ...given.address,
      },
    });
    await service.whenReady();
  }

  try {
    progress('Starting: identity provider, switches, bundles of the services and kubectl naas');
    // All in one call: what must be built comes from one build.
    const { kubectl } = await findBinaries(
      ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'],
      progress,
    );
    const [identity, simulated, dist] = await Promise.all([
      startIdentity({ secrets, tenants: TENANTS, start }),
      startSwitches({ directory: join(directory, 'switches'), address: LOCAL, start }),
      bundleServices(join(directory, 'dist')),
      installCommandLine({ bundles: join(directory, 'dist'), bin: join(directory, 'bin') }),
    ]);

    progress('Starting: etcd, kube-apiserver, kube-controller-manager');
    controlPlane = await startControlPlane({
      directory: join(directory, 'controlplane'),
      authenticationConfiguration: authenticationConfiguration({
        url: identity.issuer,
        audiences: [CLIENT_ID],
        certificateAuthority: identity.caPem,
      }),
      ...(options.apiServerFlags === undefined ? {} : { apiServerFlags: options.apiServerFlags }),
      onProgress: progress,
    });
    const plane = controlPlane;
    const { switches, control } = simulated;
    await installApi(plane, progress);
    const api = await connect({ kubeconfig: plane.kubeconfig });
    connection = api;
    await installManifests(api, switches.values());

    progress(`Starting: ${SERVICES.join(', ')} and the node agent`);
    await Promise.all([
      ...SERVICES.map((name) => startService(name, dist, plane, api)),
      startNodeAgent(dist, plane),
    ]);

    const kubeconfig = await writeAccess({
      ...{ directory, secrets, plane, identity, switches },
      ...{ tenants: TENANTS, programs: { kubectl } },
    });

    progress('Waiting until both switches carry their base configuration');
    await switchesAreConfigured(api, [...switches.keys()]);
    return {
      directory,
      kubectl,
      kubeconfig,
      controlPlane: plane,
      switches,
      faults: control,
      processes,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }

  async function startNodeAgent(dist: string, plane: ControlPlane): Promise<void> {
    const [http = 0] = await freePorts(1);
    const httpAddress = `${LOCAL}:${http}`;
    const tls = { ca: 'kubelet-ca.pem', certificate: 'kubelet.pem', key: 'kubelet.key' };
    await writeFile(join(secrets, tls.ca), plane.kubeletTls.caPem);
    await writeFile(join(secrets, tls.certificate), plane.kubeletTls.cert);
    await writeFile(join(secrets, tls.key), plane.kubeletTls.key, { mode: 0o600 });
    const agent = start({
      name: 'node-agent',
      command: process.execPath,
      arguments: [join(root, 'tools/node-agent/main.ts')],
      httpAddress,
      environment: {
        KUBECONFIG: await plane.kubeconfigFor({
          name: `system:node:${NODE_NAME}`,
          groups: ['system:masters'],
        }),
        NAAS_HTTP_ADDRESS: httpAddress,
        NAAS_NODE_NAME: NODE_NAME,
        NAAS_IMAGE: IMAGE,
        NAAS_DIST_DIRECTORY: dist,
        NAAS_STATE_DIRECTORY: join(directory, 'pods'),
        NAAS_KUBELET_CA: join(secrets, tls.ca),
        NAAS_KUBELET_CERTIFICATE: join(secrets, tls.certificate),
        NAAS_KUBELET_KEY: join(secrets, tls.key),
      },
    });
    await agent.whenReady();
  }
}
