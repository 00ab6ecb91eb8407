/** A real API server with the platform's API, and the platform's services as processes: bundles, each with its own account. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { connect, type Connection } from '../../lib/kube/connection.ts';
import type { KubeObject } from '../../lib/kube/types.ts';
import { bundleServices } from '../../tools/build/bundle.ts';
import { NODE_OPTIONS } from '../../tools/build/node-options.ts';
import { freePorts } from '../../tools/controlplane/free-port.ts';
import { installApi } from '../../tools/controlplane/install.ts';
import { startControlPlane, type ControlPlane } from '../../tools/controlplane/start.ts';
import { startWatchdog } from '../../tools/controlplane/watchdog.ts';
import { apply, documents } from '../../tools/controlplane/apply.ts';
import {
  startProcess,
  type ManagedProcess,
  type ProcessOptions,
} from '../../tools/platform/managed-process.ts';
import {
  serviceAccountCredentials,
  type ServiceAccountCredentials,
} from '../../tools/platform/service-account.ts';

export type ServiceName = 'webhooks' | 'interface-watcher' | 'device-watcher' | 'scheduler';

export interface Service {
  readonly name: ServiceName;
  readonly process: ManagedProcess;
  /** `host:port` of /readyz and /metrics. */
  readonly http: string;
  /** `host:port` of the admission server. */
  readonly serving: string;
}

export interface World {
  /** Removed with everything in it at the end. */
  readonly directory: string;
  readonly plane: ControlPlane;
  /** May do everything, writing Devices too. */
  readonly api: Connection;
  /** Folder with the bundles. */
  readonly dist: string;
  apply(objects: readonly KubeObject[]): Promise<void>;
  /** Credentials of an account of the platform's namespace: path of a kubeconfig. */
  account(name: string): Promise<string>;
  /** Starts a process that is stopped at the end at the latest. */
  start(options: Omit<ProcessOptions, 'logFile' | 'watchdog'>): ManagedProcess;
  /**
   * Starts a service; does not wait for it. With `logApart` its log goes straight into a file and not through this
   * process, where it would count as latency of what this process times.
   */
  service(name: ServiceName, options?: { logApart?: boolean }): Promise<Service>;
  stop(): Promise<void>;
}

const root = new URL('../../', import.meta.url).pathname;
const LOCAL = '127.0.0.1';

/** Options of Node: BENCH_PROFILE names a folder for CPU profiles, one for each process that ends. */
export function profiling(): string[] {
  const folder = process.env['BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

/** The API objects in files of the repository. */
export async function manifests(...files: readonly string[]): Promise<KubeObject[]> {
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  return texts.flatMap(documents);
}

/** @throws what went wrong first; nothing is left running then */
export async function startWorld(progress: (line: string) => void): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-bench-'));
  const watchdog = await startWatchdog(directory);
  const processes: ManagedProcess[] = [];
  const accounts = new Map<string, ServiceAccountCredentials>();
  let plane: ControlPlane | undefined;
  let api: Connection | undefined;

  async function stop(): Promise<void> {
    for (const credentials of accounts.values()) credentials.stop();
    await Promise.all(processes.map((process) => process.stop()));
    await api?.close();
    await plane?.stop();
    watchdog.release();
    await rm(directory, { recursive: true, force: true });
  }

  try {
    const [dist, started] = await Promise.all([
      bundleServices(join(directory, 'dist')),
      startControlPlane({ controllerManager: false, onProgress: progress }),
    ]);
    plane = started;
    await installApi(started);
    const kubeconfig = await started.kubeconfigFor({
      name: 'bench',
      groups: ['system:masters', 'naas:break-glass'],
    });
    const connection = await connect({ kubeconfig, userAgent: 'naas-bench' });
    api = connection;

    const account = async (name: string): Promise<string> => {
      let credentials = accounts.get(name);
      if (credentials === undefined) {
        const { server, caPem } = started;
        credentials = await serviceAccountCredentials(connection, { name, directory, server, caPem });
        accounts.set(name, credentials);
      }
      return credentials.kubeconfig;
    };
    const start: World['start'] = (options) => {
      const logFile = join(directory, `${options.name}.log`);
      const made = startProcess({ ...options, watchdog, logFile });
      processes.push(made);
      return made;
    };
    return {
      directory,
      plane: started,
      api: connection,
      dist,
      apply: (objects) => apply(connection, objects),
      account,
      start,
      async service(name, { logApart = false } = {}) {
        const [httpPort = 0, servingPort = 0] = await freePorts(2);
        const http = `${LOCAL}:${httpPort}`;
        const serving = `${LOCAL}:${servingPort}`;
        const node = [process.execPath, ...profiling(), ...NODE_OPTIONS, join(dist, `${name}.mjs`)];
        const process_ = start({
          name,
          ...(logApart
            ? {
                command: '/bin/sh',
                arguments: ['-c', 'exec "$@" >>"$0"', join(directory, `${name}.out`), ...node],
              }
            : { command: process.execPath, arguments: node.slice(1) }),
          httpAddress: http,
          environment: {
            KUBECONFIG: await account(name),
            // As in images.
            NODE_ENV: 'production',
            NAAS_NAMESPACE: PLATFORM_NAMESPACE,
            NAAS_HTTP_ADDRESS: http,
            NAAS_IMAGE: 'network.as.a.service/naas:local',
            ...(name === 'webhooks'
              ? { NAAS_WEBHOOK_ADDRESS: serving, NAAS_WEBHOOK_URL: `https://${serving}` }
              : {}),
            ...(name === 'scheduler' ? { NAAS_API_ADDRESS: serving } : {}),
          },
        });
        return { name, process: process_, http, serving };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
