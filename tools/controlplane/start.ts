import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { self } from '../../lib/process/process-identity.ts';
import { apiRequest } from './api-request.ts';
import { authenticationText } from './authentication.ts';
import { findBinaries } from './binaries.ts';
import type { KeyedCertificate } from './certificates.ts';
import { ComponentError, whenReady, type Component } from './component.ts';
import {
  apiServerFlags,
  controllerManagerFlags,
  etcdFlags,
  LOOPBACK,
  schedulerFlags,
  type Flags,
} from './flags.ts';
import { freePorts } from './free-port.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { createPki, type Pki } from './pki.ts';
import { hasOwner, readRunFile, removeRunFile, stopLeftovers, writeRunFile } from './run-file.ts';
import { Run } from './run.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** A running etcd, kube-apiserver, unless left out kube-controller-manager, and if asked for kube-scheduler. */
export interface ControlPlane {
  /** URL of the API server. */
  readonly server: string;
  /** What the API server's certificate is signed with. */
  readonly caPem: string;
  readonly directory: string;
  /** Path; user `admin` of group `system:masters`. */
  readonly kubeconfig: string;
  /** The same credentials, for callers that speak HTTP themselves. */
  readonly admin: KeyedCertificate;
  /** Makes a client certificate; the path of its kubeconfig. */
  kubeconfigFor(user: { name: string; groups?: readonly string[] }): Promise<string>;
  /** The same, written to a file of the caller's choice. */
  writeKubeconfig(file: string, user: { name: string; groups?: readonly string[] }): Promise<void>;
  /**
   * Serving certificate of a kubelet on 127.0.0.1; `caPem` signs the API server's client certificate there
   * (common name `kube-apiserver-kubelet-client`) and nobody else's.
   */
  readonly kubeletTls: { readonly caPem: string } & KeyedCertificate;
  /** Serving certificate of a kubelet elsewhere, of the same authority. */
  kubeletCertificate(hosts: readonly string[]): Promise<KeyedCertificate>;
  readonly pids: Readonly<Record<string, number>>;
  /** Path of the AuthenticationConfiguration; the API server reads it again when its `jwt` list changes. */
  readonly authenticationFile: string;
  /** Fulfilled when a component ends that nobody asked to stop. */
  readonly failed: Promise<Error>;
  /** Ends the API server and starts it again at the same address; returns when it is ready. */
  restartApiServer(): Promise<void>;
  /** Stops all in order; removes the directory if it was a temporary one. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Where certificates, data and logs are; data of an earlier run are used again. Default: a temporary one. */
  directory?: string;
  /** Default true. */
  controllerManager?: boolean;
  /** kube-scheduler: only where there are nodes to choose from. Default false. */
  scheduler?: boolean;
  /** Where the API server listens. Default 127.0.0.1, which pods of a real node cannot reach. */
  address?: string;
  /** YAML; see authentication.ts. */
  authenticationConfiguration?: string;
  onProgress?(line: string): void;
  /** Added to, or instead of, those in flags.ts. */
  apiServerFlags?: Flags;
  /** Chooses TCP ports. Default: free ones. */
  choosePorts?(count: number): Promise<number[]>;
}

const TEMPORARY = 'naas-controlplane-';
const START_DEADLINE_MS = 60_000;
/** Shorter for temporary ones, whose data nobody misses. */
const STOP_DEADLINE_MS = { kept: 10_000, temporary: 2000 };
const TRIES = 5;

/**
 * Starts a control plane and returns when it is ready. Processes that a crashed run left in the same
 * directory are stopped first. Ports are chosen free; if somebody takes one before it is used, others are.
 * @throws ComponentError with the end of the log when a component does not come up
 */
export async function startControlPlane(options: StartOptions = {}): Promise<ControlPlane> {
  const progress = options.onProgress ?? (() => undefined);
  const withManager = options.controllerManager ?? true;
  const withScheduler = options.scheduler ?? false;
  const address = options.address ?? LOOPBACK;
  const names = [
    'etcd',
    'kube-apiserver',
    ...(withManager ? (['kube-controller-manager'] as const) : []),
    ...(withScheduler ? (['kube-scheduler'] as const) : []),
  ] as const;
  const binaries = await findBinaries([...names], progress);
  const temporary = options.directory === undefined;
  if (temporary) await sweepTemporary(progress);
  const directory = temporary ? await mkdtemp(join(tmpdir(), TEMPORARY)) : resolve(options.directory ?? '');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await stopLeftovers(directory))
    progress(`stopped ${name}, left behind by a crashed run`);
  await writeRunFile(directory, { owner: await self(), components: {} });
  const watchdog = await startWatchdog(temporary ? directory : undefined);
  const stopDeadlineMs = temporary ? STOP_DEADLINE_MS.temporary : STOP_DEADLINE_MS.kept;

  try {
    const pki = await createPki(join(directory, 'pki'), Date.now(), address);
    const logs = join(directory, 'logs');
    await mkdir(logs, { recursive: true, mode: 0o700 });
    const authenticationFile = join(directory, 'authentication.yaml');
    await writeFile(authenticationFile, authenticationText(options.authenticationConfiguration), {
      mode: 0o600,
    });
    const admin = await pki.cluster.issueClient({ name: 'admin', groups: ['system:masters'] });

    for (let attempt = 1; ; attempt += 1) {
      const run = new Run(directory, logs, watchdog, stopDeadlineMs);
      try {
        const { server, restartApiServer } = await bringUp(run, {
          pki,
          admin,
          binaries,
          authenticationFile,
          options,
          address,
          withManager,
          withScheduler,
          temporary,
        });
        progress(`control plane ready at ${server}`);
        return await controlPlane({
          run,
          server,
          restartApiServer,
          pki,
          admin,
          directory,
          authenticationFile,
          temporary,
          watchdog,
        });
      } catch (error) {
        await run.stop();
        const busy = error instanceof ComponentError && /address already in use/i.test(error.log);
        if (!busy || attempt === TRIES) throw error;
        progress('a port was taken by somebody else: trying others');
      }
    }
  } catch (error) {
    watchdog.release();
    await removeRunFile(directory);
    if (temporary) await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function bringUp(
  run: Run,
  given: {
    pki: Pki;
    admin: KeyedCertificate;
    binaries: Readonly<Record<string, string>>;
    authenticationFile: string;
    options: StartOptions;
    address: string;
    withManager: boolean;
    withScheduler: boolean;
    temporary: boolean;
  },
): Promise<{ server: string; restartApiServer(): Promise<void> }> {
  const { pki, binaries, options } = given;
  const binary = (name: string): string => {
    const path = binaries[name];
    if (path === undefined) throw new Error(`no binary was looked for under the name ${name}`);
    return path;
  };
  const [etcdPort = 0, peerPort = 0, apiPort = 0, managerPort = 0, schedulerPort = 0] = await (
    options.choosePorts ?? freePorts
  )(5);

  const etcd = await run.start(
    'etcd',
    binary('etcd'),
    etcdFlags(pki, {
      data: join(run.directory, 'etcd'),
      client: etcdPort,
      peer: peerPort,
      durable: !given.temporary,
    }),
  );
  const etcdUrl = `https://127.0.0.1:${etcdPort}`;
  await whenReady(etcd, probe(etcdUrl, pki.etcdCa, pki.etcdClient.pem, '/readyz'), START_DEADLINE_MS);

  const server = `https://${given.address}:${apiPort}`;
  const apiServerIsReady = (component: Component) =>
    whenReady(component, probe(server, pki.cluster.cert, given.admin, '/readyz'), START_DEADLINE_MS);
  const apiServer = await run.start('kube-apiserver', binary('kube-apiserver'), {
    ...apiServerFlags(pki, {
      address: given.address,
      etcd: etcdPort,
      port: apiPort,
      authenticationConfig: given.authenticationFile,
    }),
    ...options.apiServerFlags,
  });
  await apiServerIsReady(apiServer);

  const kubeconfigOf = async (name: string) => {
    const user = `system:${name}`;
    const file = join(run.directory, 'pki', `${name}.kubeconfig`);
    const credentials = await pki.cluster.issueClient({ name: user });
    await writeFile(file, kubeconfigText(server, pki.cluster.cert, user, credentials), { mode: 0o600 });
    return file;
  };
  if (given.withManager) {
    const name = 'kube-controller-manager';
    const manager = await run.start(
      name,
      binary(name),
      controllerManagerFlags(pki, { port: managerPort, kubeconfig: await kubeconfigOf(name) }),
    );
    const managerUrl = `https://127.0.0.1:${managerPort}`;
    await whenReady(manager, probe(managerUrl, pki.cluster.cert, given.admin, '/healthz'), START_DEADLINE_MS);
  }
  if (given.withScheduler) {
    const name = 'kube-scheduler';
    // Nothing waits for it: Pods that it does not see at once it sees soon.
    await run.start(
      name,
      binary(name),
      schedulerFlags({ port: schedulerPort, kubeconfig: await kubeconfigOf(name) }),
    );
  }
  return { server, restartApiServer: async () => apiServerIsReady(await run.restart('kube-apiserver')) };
}

/** Whether a health endpoint answers 200; not while the connection is refused. */
function probe(
  url: string,
  caPem: string,
  credentials: KeyedCertificate,
  path: string,
): () => Promise<boolean> {
  return async () => {
    const call = apiRequest(url, caPem, credentials);
    try {
      return (await call({ path, timeoutMs: 1000 })).status === 200;
    } catch {
      return false;
    } finally {
      call.close();
    }
  };
}

async function controlPlane(parts: {
  run: Run;
  server: string;
  restartApiServer(): Promise<void>;
  pki: Pki;
  admin: KeyedCertificate;
  directory: string;
  authenticationFile: string;
  temporary: boolean;
  watchdog: Watchdog;
}): Promise<ControlPlane> {
  const { run, server, pki, directory } = parts;
  const caPem = pki.cluster.cert;
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(server, caPem, 'admin', parts.admin), { mode: 0o600 });
  const userDirectory = join(directory, 'kubeconfigs');
  await mkdir(userDirectory, { recursive: true, mode: 0o700 });
  let users = 0;
  const writeKubeconfig: ControlPlane['writeKubeconfig'] = async (file, user) => {
    const credentials = await pki.cluster.issueClient(user);
    await writeFile(file, kubeconfigText(server, caPem, user.name, credentials), { mode: 0o600 });
  };
  let stopped: Promise<void> | undefined;

  return {
    server,
    caPem,
    directory,
    kubeconfig,
    admin: parts.admin,
    authenticationFile: parts.authenticationFile,
    kubeletTls: pki.kubelet,
    kubeletCertificate: (hosts) => pki.kubeletAt(hosts),
    get pids() {
      return run.pids;
    },
    failed: run.failed,
    restartApiServer: parts.restartApiServer,
    async kubeconfigFor(user) {
      users += 1;
      // A user's name may hold anything; the number keeps two users of alike names apart.
      const file = join(
        userDirectory,
        `${user.name.replaceAll(/[^A-Za-z0-9.-]+/g, '_').slice(0, 64)}-${users}`,
      );
      await writeKubeconfig(file, user);
      return file;
    },
    writeKubeconfig,
    stop() {
      stopped ??= (async () => {
        await run.stop();
        parts.watchdog.release();
        await removeRunFile(directory);
        if (parts.temporary) await rm(directory, { recursive: true, force: true });
      })();
      return stopped;
    },
  };
}

/** Removes temporary directories whose owner and watchdog were both killed, and what still runs there. */
async function sweepTemporary(progress: (line: string) => void): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    if (!entry.startsWith(TEMPORARY)) continue;
    const directory = join(tmpdir(), entry);
    // Not another user's: who writes a run file there could have our processes stopped.
    if ((await lstat(directory).catch(() => undefined))?.uid !== process.getuid?.()) continue;
    // Without a run file it is being made just now.
    if ((await readRunFile(directory)) === undefined || (await hasOwner(directory))) continue;
    for (const name of await stopLeftovers(directory))
      progress(`stopped ${name}, left behind by a crashed run`);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
