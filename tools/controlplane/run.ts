import { ComponentError, logEnd, startComponent, type Component } from './component.ts';
import type { Flags } from './flags.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { self, writeRunFile } from './run-file.ts';
import type { Watchdog } from './watchdog.ts';

/** The components of one try, in the order of their start. */
export class Run {
  readonly directory: string;
  readonly #logs: string;
  readonly #watchdog: Watchdog;
  readonly #stopDeadlineMs: number;
  readonly #components: Component[] = [];
  readonly #identities: Record<string, ProcessIdentity> = {};
  #stopping = false;

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
    this.#components.push(component);
    const identity = await identify(component.pid);
    if (identity !== undefined) this.#identities[name] = identity;
    await writeRunFile(this.directory, {
      owner: await self(),
      watchdog: this.#watchdog.identity,
      components: this.#identities,
    });
    return component;
  }

  get pids(): Record<string, number> {
    return Object.fromEntries(this.#components.map(({ name, pid }) => [name, pid]));
  }

  /** Never rejected: nobody may be listening. */
  failed(): Promise<Error> {
    return Promise.race(
      this.#components.map(async (component) => {
        const how = await component.ended;
        if (this.#stopping) return new Promise<Error>(() => undefined);
        return new ComponentError(component, how, await logEnd(component.logFile));
      }),
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const component of this.#components.toReversed()) {
      await component.stop(this.#stopDeadlineMs);
      this.#watchdog.ended(component.pid);
    }
  }
}
