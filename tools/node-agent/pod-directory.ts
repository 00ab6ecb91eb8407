import { join } from 'node:path';

/** Where the files of one Pod are. */
export interface PodDirectories {
  readonly root: string;
  readonly work: string;
  readonly temporary: string;
  readonly volumes: string;
  volume(name: string): string;
  logFile(container: string): string;
  /** Remembers the process of a container. */
  recordFile(container: string): string;
  readonly kubeconfigFile: string;
  /** Exists from just before the first container starts. */
  readonly startedFile: string;
}

const UID = /^[0-9a-fA-F-]{8,64}$/;

/** @param uid of the Pod; the API server makes them, anything else is refused */
export function podDirectories(state: string, uid: string): PodDirectories {
  if (!UID.test(uid)) throw new Error(`${JSON.stringify(uid)} is no uid of a Pod`);
  const root = join(state, 'pods', uid);
  const volumes = join(root, 'volumes');
  const work = join(root, 'work');
  return {
    root,
    work,
    temporary: join(root, 'tmp'),
    volumes,
    volume: (name) => join(volumes, name),
    logFile: (container) => join(root, `${container}.log`),
    recordFile: (container) => join(root, `${container}.process.json`),
    kubeconfigFile: join(volumes, '.kubeconfig'),
    startedFile: join(root, 'started'),
  };
}
