import { join } from 'node:path';

/** What a container runs as a local process. */
export interface LocalCommand {
  /** Path of the bundle. */
  readonly bundle: string;
  readonly arguments: readonly string[];
}

/** Why a container cannot be started; reason in the words of a kubelet. */
export interface StartProblem {
  readonly reason: 'ErrImageNeverPull' | 'CreateContainerConfigError' | 'StartError';
  readonly message: string;
}

const RUNTIMES = ['node', '/nodejs/bin/node'];
const BUNDLE = /^\/app\/([a-z][a-z0-9-]*)\.mjs$/;

/**
 * The local form of a container's command: `node /app/<name>.mjs …` runs `<dist>/<name>.mjs`. Nothing else runs
 * on a developer's machine, whatever the Pod says.
 * @param container an image without a command has Node as its entry point
 * @param expand replaces `$(NAME)` and paths of mounts
 * @param exists whether a bundle of that path is there
 */
export function localCommand(
  container: { readonly command?: readonly string[]; readonly args?: readonly string[] },
  options: { dist: string; expand: (word: string) => string; exists: (path: string) => boolean },
): LocalCommand | StartProblem {
  const [runtime, script, ...rest] = [...(container.command ?? ['node']), ...(container.args ?? [])];
  const name = script === undefined ? undefined : BUNDLE.exec(script)?.[1];
  if (runtime === undefined || !RUNTIMES.includes(runtime) || name === undefined) {
    const written = [runtime, script].filter((word) => word !== undefined).join(' ');
    return {
      reason: 'StartError',
      message: `the node agent runs "node /app/<name>.mjs" and nothing else, not ${JSON.stringify(written)}`,
    };
  }
  const bundle = join(options.dist, `${name}.mjs`);
  if (!options.exists(bundle)) {
    return { reason: 'StartError', message: `/app/${name}.mjs is not in the image` };
  }
  return { bundle, arguments: rest.map(options.expand) };
}
