import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, systemClock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { ConnectionError, messageOf } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Pod } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { localCommand, type LocalCommand, type StartProblem } from './command.ts';
import { runProcess, type ContainerProcess, type ProcessEnd } from './container-process.ts';
import { containerEnvironment, MissingReference, type Container } from './environment.ts';
import { expandVariables, rewritePath, type Mount } from './expansion.ts';
import { createLogFile, type LogFile } from './log-file.ts';
import { podDirectories, type PodDirectories } from './pod-directory.ts';
import { podObjects } from './pod-objects.ts';
import { podStatusPatch, type ContainerState, type PodFacts } from './pod-status.ts';
import type { StatusReport } from './status-report.ts';
import { accessEnvironment } from './pod-access.ts';
import { MountProblem, volumeFiles, writeVolume, writeVolumeFile, type VolumeFile } from './volumes.ts';

export interface PodRunOptions {
  readonly connection: Connection;
  readonly state: string;
  readonly dist: string;
  readonly image: string;
  readonly namespace: string;
  readonly address: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly log: Log;
  /** Told of each process, so that none outlives a killed agent. */
  readonly watchdog: { started(pid: number): void; ended(pid: number): void };
  /** Warns whoever looks at the Pod. */
  warn(reason: string, message: string): void;
}

/** One Pod on this node, from its mounts to the end of its containers. */
export interface PodRun {
  /** Resolves when all containers have ended, or none will ever start, and the API server was told. */
  readonly done: Promise<void>;
  readonly finished: boolean;
  /** Ends the Pod: SIGTERM, SIGKILL after `graceMs`. With a reason the Pod counts as failed. */
  stop(graceMs: number, why?: Ending): void;
  /** The log of a container; undefined before its start. */
  log(container: string): LogFile | undefined;
}

interface Ending {
  readonly reason: string;
  readonly message: string;
}

interface Prepared {
  readonly container: Container;
  readonly command: LocalCommand | StartProblem;
  readonly environment: Readonly<Record<string, string>>;
}

const FIRST_MOUNT_RETRY_MS = 500;
const LONGEST_MOUNT_RETRY_MS = 30_000;
const TOKEN_REFRESH = 0.8;
/** Would let a Pod run code that is not in the image. */
const FORBIDDEN = /^(?:NODE_OPTIONS|NODE_PATH|LD_.*|DYLD_.*)$/;

/**
 * Starts a Pod. Its mounts are made while it is still being bound.
 * @param bound whether this node got the Pod
 */
export function runPod(
  pod: DeepReadonly<Pod>,
  bound: Promise<boolean>,
  report: StatusReport,
  options: PodRunOptions,
): PodRun {
  const directories = podDirectories(options.state, pod.metadata.uid ?? '');
  const containers = new Map<string, ContainerState>(
    (pod.spec?.containers ?? []).map(({ name }) => [name, { is: 'waiting', reason: 'ContainerCreating' }]),
  );
  const processes = new Map<string, ContainerProcess>();
  const logs = new Map<string, LogFile>();
  const stopping = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const startTime = seconds(Date.now());
  let graceMs = 0;
  let ended: Ending | undefined;
  let failed: Ending | undefined;
  let finished = false;

  function tell(): void {
    const facts: PodFacts = {
      startTime,
      address: options.address,
      containers,
      ...(ended === undefined ? {} : { ended }),
      ...(failed === undefined ? {} : { failed }),
    };
    report.set(podStatusPatch(pod, facts, seconds(Date.now())));
  }

  function stop(grace: number, why?: Ending): void {
    // Told again by each change of the Pod: only a shorter time is news.
    if (finished || (stopping.signal.aborted && grace >= graceMs)) return;
    graceMs = grace;
    ended ??= why;
    stopping.abort();
    for (const process of processes.values()) process.terminate(grace);
  }

  function start({ container, command, environment }: Prepared): Promise<void> {
    const { name } = container;
    if ('reason' in command) return Promise.resolve(refuse(name, command));
    const log = createLogFile(directories.logFile(name), Date.now);
    let process: ContainerProcess;
    try {
      process = runProcess({
        bundle: command.bundle,
        arguments: command.arguments,
        environment,
        directory: directories.work,
        log,
        recordFile: directories.recordFile(name),
      });
    } catch (error) {
      log.end();
      return Promise.resolve(refuse(name, { reason: 'StartError', message: messageOf(error) }));
    }
    const startedAt = seconds(Date.now());
    logs.set(name, log);
    processes.set(name, process);
    options.watchdog.started(process.pid);
    containers.set(name, { is: 'running', startedAt, pid: process.pid });
    if (stopping.signal.aborted) process.terminate(graceMs);
    return process.ended.then((end) => {
      options.watchdog.ended(process.pid);
      processes.delete(name);
      rmSync(directories.recordFile(name), { force: true });
      containers.set(name, terminated(end, startedAt));
      if ([...containers.values()].some(({ is }) => is === 'running')) tell();
    });
  }

  function refuse(name: string, problem: StartProblem): void {
    containers.set(name, {
      is: 'terminated',
      exitCode: 128,
      reason: problem.reason,
      message: problem.message,
      finishedAt: seconds(Date.now()),
    });
    options.warn('Failed', problem.message);
  }

  async function run(): Promise<void> {
    failed = admissionProblem(pod, options);
    if (failed !== undefined) {
      for (const name of containers.keys()) containers.set(name, { is: 'waiting', reason: failed.reason });
      if (!(await bound)) return;
      options.warn(failed.reason, failed.message);
      return tell();
    }
    const preparing = untilPrepared();
    if (!(await bound)) {
      stopping.abort();
      await preparing;
      return;
    }
    const limit = pod.spec?.activeDeadlineSeconds;
    if (limit !== undefined) {
      const message = 'Pod was active on the node longer than the specified deadline';
      timers.push(
        setTimeout(() => stop(graceOf(pod), { reason: 'DeadlineExceeded', message }), limit * 1000),
      );
    }
    const prepared = await preparing;
    if (prepared === undefined) {
      failed = ended ?? {
        reason: 'Terminated',
        message: 'The Pod was deleted before its containers could start',
      };
      return tell();
    }
    writeFileSync(directories.startedFile, '', { mode: 0o600 });
    const ends = prepared.map(start);
    tell();
    await Promise.all(ends);
    tell();
  }

  /** Tries until everything the Pod refers to is there. undefined: it was ended before. */
  async function untilPrepared(): Promise<Prepared[] | undefined> {
    let retry = FIRST_MOUNT_RETRY_MS;
    while (!stopping.signal.aborted) {
      try {
        return await prepare();
      } catch (error) {
        const mount = error instanceof MountProblem;
        const message = messageOf(error);
        if (!mount && !(error instanceof MissingReference) && !(error instanceof ConnectionError)) {
          options.log.warn(
            { pod: pod.metadata.name, error: message },
            'a Pod could not be prepared; trying again',
          );
        }
        const waiting = mount ? 'ContainerCreating' : 'CreateContainerConfigError';
        for (const name of containers.keys())
          containers.set(name, { is: 'waiting', reason: waiting, message });
        // Only a Pod of this node has its status written here.
        if ((await bound) && !stopping.signal.aborted) {
          options.warn(mount ? 'FailedMount' : 'Failed', message);
          tell();
        }
      }
      await pause(systemClock, retry, stopping.signal);
      retry = Math.min(retry * 2, LONGEST_MOUNT_RETRY_MS);
    }
    return undefined;
  }

  async function prepare(): Promise<Prepared[]> {
    const objects = podObjects(options.connection, pod);
    const source = { pod, objects, address: options.address, allocatable: options.allocatable };
    const volumes = pod.spec?.volumes ?? [];
    const [files, environments] = await Promise.all([
      Promise.all(volumes.map((volume) => volumeFiles(volume, source))),
      Promise.all((pod.spec?.containers ?? []).map((container) => containerEnvironment(container, source))),
    ]);
    mkdirSync(directories.work, { recursive: true, mode: 0o700 });
    mkdirSync(directories.temporary, { recursive: true, mode: 0o700 });
    for (const [index, volume] of volumes.entries()) {
      const list = files[index] ?? [];
      writeVolume(directories.volume(volume.name), list);
      for (const file of list) keepFresh(directories.volume(volume.name), file);
    }
    return (pod.spec?.containers ?? []).map((container, index) =>
      prepareContainer(container, environments[index] ?? {}, directories),
    );
  }

  function prepareContainer(
    container: Container,
    written: Readonly<Record<string, string>>,
    { work, temporary, volume, kubeconfigFile }: PodDirectories,
  ): Prepared {
    const mounts: Mount[] = (container.volumeMounts ?? []).map(({ mountPath, name, subPath }) => ({
      mountPath,
      directory: join(volume(name), subPath ?? ''),
    }));
    const allowed = Object.entries(written).filter(([name]) => !FORBIDDEN.test(name));
    const variables = Object.fromEntries(allowed.map(([name, text]) => [name, rewritePath(text, mounts)]));
    const command = localCommand(container, {
      dist: options.dist,
      exists: existsSync,
      expand: (word) => rewritePath(expandVariables(word, written), mounts),
    });
    const environment = {
      HOSTNAME: pod.metadata.name,
      HOME: work,
      TMPDIR: temporary,
      // Saves a tenth of the start; holds compiled code of the image only.
      NODE_COMPILE_CACHE: join(options.state, 'compile-cache'),
      ...accessEnvironment(mounts, kubeconfigFile, options.connection.server, pod.metadata.namespace ?? ''),
      ...variables,
    };
    return { container, command, environment };
  }

  function keepFresh(directory: string, file: VolumeFile): void {
    const { token } = file;
    if (token === undefined) return;
    const renew = async (): Promise<void> => {
      const content = Buffer.from(await podObjects(options.connection, pod).token(token));
      if (!finished) writeVolumeFile(directory, file.path, content);
    };
    const timer = setInterval(
      () => {
        // The old token is good for a fifth of its life yet: the next turn may do better.
        renew().catch((error: unknown) =>
          options.log.warn({ error: messageOf(error) }, 'could not renew a token'),
        );
      },
      token.seconds * 1000 * TOKEN_REFRESH,
    );
    timers.push(timer);
  }

  const done = run()
    .catch((error: unknown) => {
      options.log.error({ pod: pod.metadata.name, error: messageOf(error) }, 'a Pod could not be run');
      failed = { reason: 'NodeAgentError', message: messageOf(error) };
      for (const process of processes.values()) process.terminate(0);
      tell();
    })
    .then(async () => {
      finished = true;
      for (const timer of timers) clearTimeout(timer);
      // Credentials go at once, the log stays until the Pod is removed.
      rmSync(directories.volumes, { recursive: true, force: true });
      await report.stored();
    });
  return {
    done,
    get finished() {
      return finished;
    },
    stop,
    log: (container) => logs.get(container),
  };
}

/** Why a Pod must not run here at all. */
function admissionProblem(
  pod: DeepReadonly<Pod>,
  options: Pick<PodRunOptions, 'image' | 'namespace'>,
): Ending | undefined {
  if (pod.metadata.namespace !== options.namespace) {
    const message = `the node agent runs Pods of namespace ${options.namespace} only`;
    return { reason: 'UnexpectedAdmissionError', message };
  }
  const foreign = (pod.spec?.containers ?? []).find(({ image }) => image !== options.image);
  if (foreign !== undefined) {
    const message = `container ${foreign.name}: image ${JSON.stringify(foreign.image)} is not here; the node agent runs ${options.image} only`;
    return { reason: 'ErrImageNeverPull', message };
  }
  if ((pod.spec?.initContainers ?? []).length > 0 || (pod.spec?.ephemeralContainers ?? []).length > 0) {
    return {
      reason: 'UnexpectedAdmissionError',
      message: 'the node agent runs no init or ephemeral containers',
    };
  }
  if (pod.spec?.restartPolicy !== 'Never') {
    return {
      reason: 'UnexpectedAdmissionError',
      message: 'the node agent runs Pods of restartPolicy Never only',
    };
  }
  return undefined;
}

function terminated(end: ProcessEnd, startedAt: string): ContainerState {
  const finishedAt = seconds(Date.now());
  const reason = end.exitCode === 0 ? 'Completed' : 'Error';
  return { is: 'terminated', exitCode: end.exitCode, reason, startedAt, finishedAt };
}

/** Time a Pod has between SIGTERM and SIGKILL, in milliseconds. */
export function graceOf(pod: DeepReadonly<Pod>): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
}

function seconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
