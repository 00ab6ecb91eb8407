import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startWatchdog } from '../controlplane/watchdog.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isConflict, isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { EventRecorder } from '../../lib/kube/events.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import { objectPath } from '../../lib/kube/paths.ts';
import { PODS, type Pod } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { killRemembered } from './container-process.ts';
import { startLogServer, type FoundLog } from './log-server.ts';
import { allocatable, startHeartbeat } from './node-object.ts';
import { podDirectories } from './pod-directory.ts';
import { graceOf, runPod, type PodRun } from './pod-run.ts';
import { podStatusPatch, type ContainerState } from './pod-status.ts';
import { statusReport, type StatusReport } from './status-report.ts';

export interface NodeAgentOptions {
  readonly connection: Connection;
  readonly nodeName: string;
  /** The one image whose containers run here. */
  readonly image: string;
  /** Folder with the bundles, which are what the image holds. */
  readonly dist: string;
  /** Folder for mounts and logs; kept between runs. */
  readonly state: string;
  /** The one namespace whose Pods run here. */
  readonly namespace: string;
  readonly tls: { readonly caPem: string; readonly cert: string; readonly key: string };
  readonly events: EventRecorder;
  readonly log: Log;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Pods that run at once; others wait. Default 16. */
  readonly mostPods?: number;
}

export interface NodeAgent {
  /** Where logs are served. */
  readonly port: number;
  /** Whether Pods are being watched and the node is known. */
  isReady(): boolean;
  /** Ends all Pods, which count as failed, and says that the node is not ready. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5000;
const BIND_RETRY_MS = 1000;
const DEFAULT_SCHEDULER = 'default-scheduler';

/**
 * Starts the stand-in for a kubelet: registers a Node, takes the waiting Pods of one namespace and one image, runs
 * their containers as local processes, reports their status, and serves their logs. Containers are never started
 * twice. Whatever it cannot do, it says in the Pod's status.
 */
export async function startNodeAgent(options: NodeAgentOptions): Promise<NodeAgent> {
  const { connection, nodeName, log, namespace, state } = options;
  const address = options.address ?? '127.0.0.1';
  const mostPods = options.mostPods ?? 16;
  const pods = client(connection, PODS);
  const runs = new Map<string, PodRun>();
  const watched = informer(connection, PODS, { log });
  const retries = new Set<NodeJS.Timeout>();
  const reports = new Set<StatusReport>();
  let stopping = false;

  mkdirSync(join(state, 'pods'), { recursive: true, mode: 0o700 });
  const abandoned = await endLeftovers(state);
  const watchdog = await startWatchdog();
  const logServer = await startLogServer({ tls: options.tls, address, port: 0, find: findLog });
  const heartbeat = await startHeartbeat(connection, {
    name: nodeName,
    address,
    port: logServer.port,
    mostPods,
    log,
  });

  watched.onChange(({ object, previous }) => {
    if (stopping) return;
    if (object === undefined) return removed(previous);
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) removed(previous);
    changed(object);
  });
  watched.start();
  await watched.whenSynced();
  forgetOthers();

  function changed(pod: DeepReadonly<Pod>): void {
    const uid = pod.metadata.uid ?? '';
    const run = runs.get(uid);
    const deleting = pod.metadata.deletionTimestamp !== undefined;
    if (run !== undefined) {
      if (!deleting) return;
      if (run.finished) void remove(pod);
      else run.stop(graceOf(pod));
      return;
    }
    const phase = pod.status?.phase;
    if (pod.spec?.nodeName === nodeName) {
      if (phase === 'Succeeded' || phase === 'Failed') {
        if (deleting) void remove(pod);
      } else if (abandoned.has(uid) || deleting) void abandon(pod);
      else begin(pod, Promise.resolve(true));
      return;
    }
    if (isForUs(pod)) schedule();
  }

  /** A Pod that nobody has taken yet and that this node can run. */
  function isForUs(pod: DeepReadonly<Pod>): boolean {
    const { spec, status, metadata } = pod;
    return (
      metadata.namespace === namespace &&
      !spec?.nodeName &&
      status?.phase === 'Pending' &&
      metadata.deletionTimestamp === undefined &&
      (spec?.schedulerName ?? DEFAULT_SCHEDULER) === DEFAULT_SCHEDULER &&
      (spec?.schedulingGates ?? []).length === 0 &&
      !runs.has(metadata.uid ?? '')
    );
  }

  /** Takes waiting Pods, oldest first, as long as there is room. */
  function schedule(): void {
    if (stopping) return;
    const waiting = watched.store.list().filter(isForUs);
    waiting.sort((a, b) => age(a).localeCompare(age(b)));
    for (const pod of waiting) {
      if ([...runs.values()].filter(({ finished }) => !finished).length >= mostPods) return;
      begin(withNode(pod, nodeName), bind(pod));
    }
  }

  function begin(pod: DeepReadonly<Pod>, bound: Promise<boolean>): void {
    const { uid = '', name } = pod.metadata;
    const ref = { namespace: pod.metadata.namespace ?? '', name, uid };
    const report = newReport(ref);
    const run = runPod(pod, bound, report, {
      connection,
      state,
      dist: options.dist,
      image: options.image,
      namespace,
      address,
      allocatable: allocatable(mostPods),
      watchdog,
      log,
      warn: (reason, note) =>
        options.events.event({ regarding: pod, type: 'Warning', reason, action: 'RunPod', note }),
    });
    runs.set(uid, run);
    log.info({ pod: name }, 'Pod taken');
    void run.done.then(async () => {
      reports.delete(report);
      const stored = (): DeepReadonly<Pod> | undefined => watched.store.get(`${ref.namespace}/${name}`);
      if (!(await bound)) {
        runs.delete(uid);
        log.info({ pod: name }, 'Pod not bound to this node');
        // Somebody else's now, or the call failed: then this is the next try.
        const timer = setTimeout(() => {
          retries.delete(timer);
          const again = stored();
          if (again !== undefined && !stopping) changed(again);
        }, BIND_RETRY_MS);
        retries.add(timer);
        return;
      }
      const now = stored();
      if (now?.metadata.uid === uid && now.metadata.deletionTimestamp !== undefined) await remove(now);
      log.info({ pod: name }, 'Pod ended');
      schedule();
    });
  }

  function newReport(ref: { namespace: string; name: string; uid: string }): StatusReport {
    const report = statusReport(connection, ref, log);
    reports.add(report);
    return report;
  }

  async function bind(pod: DeepReadonly<Pod>): Promise<boolean> {
    const { name, uid } = pod.metadata;
    const ref = { namespace: pod.metadata.namespace, name };
    const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
    try {
      const body = { apiVersion: 'v1', kind: 'Binding', metadata: { ...ref, uid }, target };
      await pods.createSubresource(ref, 'binding', body);
      return true;
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false;
      // The binding may have been stored all the same: look, and if not, the Pod comes again by its next change.
      log.warn({ pod: name, error: messageOf(error) }, 'could not bind a Pod');
      return isBoundHere(ref, uid);
    }
  }

  async function isBoundHere(
    ref: { namespace: string | undefined; name: string },
    uid?: string,
  ): Promise<boolean> {
    try {
      const stored = await pods.get(ref);
      return stored.metadata.uid === uid && stored.spec?.nodeName === nodeName;
    } catch (error) {
      log.warn({ pod: ref.name, error: messageOf(error) }, 'could not see whether a Pod is bound');
      return false;
    }
  }

  /** A Pod that cannot be run, or whose end nobody saw: its processes are gone, and that is what is told. */
  async function abandon(pod: DeepReadonly<Pod>): Promise<void> {
    const { uid = '', name } = pod.metadata;
    const ref = { namespace: pod.metadata.namespace ?? '', name, uid };
    const started = abandoned.has(uid);
    const message = started
      ? 'The node agent was started again: how the container ended is not known'
      : 'The Pod was deleted before its containers could start';
    const finishedAt = `${new Date().toISOString().slice(0, 19)}Z`;
    const ended: ContainerState = {
      is: 'terminated',
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message,
      finishedAt,
    };
    const containers = new Map((pod.spec?.containers ?? []).map((container) => [container.name, ended]));
    const startTime = pod.status?.startTime ?? finishedAt;
    const why = { reason: started ? 'NodeAgentRestarted' : 'Terminated', message };
    const report = newReport(ref);
    report.set(podStatusPatch(pod, { startTime, address, containers, ended: why }, finishedAt));
    await report.stored();
    reports.delete(report);
    abandoned.delete(uid);
    if (pod.metadata.deletionTimestamp !== undefined) await remove(pod);
  }

  /** Lets go of a deleted Pod whose containers have ended, as kubelets do. */
  async function remove(pod: DeepReadonly<Pod>): Promise<void> {
    const { name, uid } = pod.metadata;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      preconditions: { uid },
    };
    const path = objectPath(PODS, { namespace: pod.metadata.namespace, name });
    try {
      await connection.request({ method: 'DELETE', path, body });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) {
        log.warn({ pod: name, error: messageOf(error) }, 'could not remove a Pod');
      }
    }
  }

  function removed(pod: DeepReadonly<Pod> | undefined): void {
    const uid = pod?.metadata.uid ?? '';
    const run = runs.get(uid);
    if (run === undefined) {
      // Of an agent before this one, or of another node.
      if (uid !== '') rmSync(podDirectories(state, uid).root, { recursive: true, force: true });
      return;
    }
    // Removed by force: nobody waits for its end any more.
    run.stop(0);
    void run.done.then(() => {
      runs.delete(uid);
      rmSync(podDirectories(state, uid).root, { recursive: true, force: true });
      schedule();
    });
  }

  function forgetOthers(): void {
    const known = new Set(watched.store.list().map(({ metadata }) => metadata.uid));
    for (const uid of readdirSync(join(state, 'pods'))) {
      if (!known.has(uid)) rmSync(join(state, 'pods', uid), { recursive: true, force: true });
    }
  }

  function findLog(wanted: {
    namespace: string;
    name: string;
    container: string;
    previous: boolean;
  }): FoundLog {
    const { name, container } = wanted;
    const pod = watched.store.get(`${wanted.namespace}/${name}`);
    if (pod === undefined || pod.spec?.nodeName !== nodeName) {
      return { status: 404, message: `pod "${name}" is not on this node` };
    }
    if (!pod.spec.containers.some((known) => known.name === container)) {
      return { status: 404, message: `container "${container}" not found in pod "${name}"` };
    }
    if (wanted.previous) {
      // Containers are never started twice here.
      return {
        status: 400,
        message: `previous terminated container "${container}" in pod "${name}" not found`,
      };
    }
    const uid = pod.metadata.uid ?? '';
    const live = runs.get(uid)?.log(container);
    const path = podDirectories(state, uid).logFile(container);
    if (live === undefined && !existsSync(path)) {
      return { status: 400, message: `container "${container}" in pod "${name}" is waiting to start` };
    }
    return { path, live };
  }

  return {
    port: logServer.port,
    isReady: () => !stopping && watched.hasSynced(),
    async stop() {
      stopping = true;
      for (const timer of retries) clearTimeout(timer);
      const why = { reason: 'Terminated', message: 'The node agent was stopped' };
      for (const run of runs.values()) run.stop(STOP_GRACE_MS, why);
      // The API server may be gone already: nothing may wait for it for long.
      const told = Promise.all([...runs.values()].map(({ done }) => done)).then(() => heartbeat.stop());
      await Promise.race([told, after(STOP_GRACE_MS + 3000)]);
      for (const report of reports) report.stop();
      await watched.stop();
      await logServer.stop();
      watchdog.release();
    },
  };
}

/** Ends what an agent that crashed has left running. @returns uids of Pods whose containers had been started */
async function endLeftovers(state: string): Promise<Set<string>> {
  const started = new Set<string>();
  for (const uid of readdirSync(join(state, 'pods'))) {
    const directories = podDirectories(state, uid);
    if (existsSync(directories.startedFile)) started.add(uid);
    for (const file of readdirSync(directories.root)) {
      if (file.endsWith('.process.json')) await killRemembered(join(directories.root, file));
    }
    rmSync(directories.volumes, { recursive: true, force: true });
  }
  return started;
}

/** The Pod as it will be once it is bound. */
function withNode(pod: DeepReadonly<Pod>, nodeName: string): DeepReadonly<Pod> {
  const copy = structuredClone(pod) as Pod;
  return {
    ...copy,
    spec: { ...copy.spec, containers: copy.spec?.containers ?? [], nodeName },
  };
}

function age(pod: DeepReadonly<Pod>): string {
  return `${pod.metadata.creationTimestamp ?? ''} ${pod.metadata.name}`;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
