import { ComponentError, logEnd, startComponent, type Component } from './component.ts';
import type { Flags } from './flags.ts';
import { identify, self, type ProcessIdentity } from '../../lib/process/process-identity.ts';
import { writeRunFile } from './run-file.ts';
import type { Watchdog } from './watchdog.ts';

interface Started {
  readonly component: Component;
  readonly binary: string;
  readonly flags: Flags;
}

/** The components of one try, in the order of their start. */
export class Run {
  readonly directory: string;
  readonly #logs: string;
  readonly #watchdog: Watchdog;
  readonly #stopDeadlineMs: number;
  readonly #started = new Map<string, Started>();
  readonly #identities: Record<string, ProcessIdentity> = {};
  readonly #failed = Promise.withResolvers<Error>();
  /** Components that were asked to end. */
  readonly #stopping = new Set<Component>();

  constructor(directory: string, logs: string, watchdog: Watchdog, stopDeadlineMs: number) {
    this.directory = directory;
    this.#logs = logs;
    this.#watchdog = watchdog;
    this.#stopDeadlineMs = stopDeadlineMs;
  }

  async start(name: string, binary: string, flags: Flags): Promise<Component> {
    const component = await startComponent({
      name,
      binary,
      flags,
      logs: this.#logs,
      directory: this.directory,
    });
    this.#watchdog.started(component.pid);
    this.#started.set(name, { component, binary, flags });
    void this.#watch(component);
    const identity = await identify(component.pid);
    if (identity !== undefined) this.#identities[name] = identity;
    await writeRunFile(this.directory, {
      owner: await self(),
      watchdog: this.#watchdog.identity,
      components: this.#identities,
    });
    return component;
  }

  /** Stops a component and starts it again in its place, with the same flags. */
  async restart(name: string): Promise<Component> {
    const started = this.#started.get(name);
    if (started === undefined) throw new Error(`${name} was never started`);
    await this.#stop(started.component);
    return this.start(name, started.binary, started.flags);
  }

  get pids(): Record<string, number> {
    return Object.fromEntries([...this.#started].map(([name, { component }]) => [name, component.pid]));
  }

  /** Fulfilled when a component ends that nobody asked to stop. Never rejected: nobody may be listening. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  async stop(): Promise<void> {
    const components = [...this.#started.values()].map(({ component }) => component);
    for (const component of components) this.#stopping.add(component);
    for (const component of components.toReversed()) await this.#stop(component);
  }

  async #stop(component: Component): Promise<void> {
    this.#stopping.add(component);
    await component.stop(this.#stopDeadlineMs);
    this.#watchdog.ended(component.pid);
  }

  async #watch(component: Component): Promise<void> {
    const how = await component.ended;
    if (this.#stopping.has(component)) return;
    this.#failed.resolve(new ComponentError(component, how, await logEnd(component.logFile)));
  }
}
