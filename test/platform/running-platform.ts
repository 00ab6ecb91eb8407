/** A whole platform for one test file, and what tests do to it from outside. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sceneOn, type Scene, type Stage } from '../../tools/demo/walk-through.ts';
import { startPlatform, type Platform, type PlatformOptions } from '../../tools/platform/platform.ts';

const silent: Stage = { title: () => undefined, command: () => undefined, checked: () => undefined };

export interface SwitchState {
  /** SSH connections. */
  readonly connections: number;
  readonly sessions: readonly { readonly name: string; readonly state: string }[];
  readonly timer: unknown;
}

export interface RunningPlatform<P extends Platform = Platform> {
  readonly directory: string;
  readonly platform: P;
  readonly scene: Scene;
  /** `kubectl apply` of an object as a context; fails the test unless it succeeds. */
  apply(context: string, object: object): Promise<string>;
  /** kubectl that must succeed; its standard output. */
  run(context: string, ...words: string[]): Promise<string>;
  /** Does something to a simulated switch, such as switching a fault on. */
  atSwitch(name: string, action: string, body?: object): Promise<void>;
  /** What a simulated switch is like now. */
  switchState(name: string): Promise<SwitchState>;
  stop(): Promise<void>;
}

export async function runningPlatform(
  options: Omit<PlatformOptions, 'directory'> = {},
): Promise<RunningPlatform> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-platform-'));
  return usePlatform(await startPlatform({ ...options, directory }));
}

/** What tests do to a platform that runs. Stopped, its folder is removed. */
export async function usePlatform<P extends Platform>(platform: P): Promise<RunningPlatform<P>> {
  const { directory } = platform;
  const scene = sceneOn(platform, silent);
  const token = (await readFile(platform.faults.tokenFile, 'utf8')).trim();

  async function control(method: string, path: string, body?: object): Promise<Response> {
    const response = await fetch(`${platform.faults.url}/switches/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async function run(context: string, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await scene.kubectl(context, ...words);
    if (code !== 0) throw new Error(`kubectl ${words.join(' ')}: ${stderr}`);
    return stdout;
  }

  return {
    directory,
    platform,
    scene,
    run,
    async apply(context, object) {
      // Tests apply side by side.
      const file = join(directory, `object-${randomUUID()}.json`);
      await writeFile(file, JSON.stringify(object));
      return run(context, 'apply', '-f', file);
    },
    async atSwitch(name, action, body = {}) {
      await control('POST', `${name}/${action}`, body);
    },
    switchState: async (name) => (await control('GET', name)).json() as Promise<SwitchState>,
    async stop() {
      await platform.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A request for ports of devicea and deviceb with the same settings. */
export function request(
  namespace: string,
  name: string,
  ports: (string | number)[],
  settings: object,
): object {
  return {
    apiVersion: 'network.as.a.service/v1',
    kind: 'Interface',
    metadata: { name, namespace },
    spec: { services: ['devicea', 'deviceb'].map((devicename) => ({ devicename, ports, ...settings })) },
  };
}
