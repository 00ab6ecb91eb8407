/** All commands. Loaded one at a time, so that each costs the start of what it needs and no more. */
import type { Command } from './command.ts';

export interface Entry {
  /** One line of the list of commands. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** By name; a name may have two words. In the order of `--help`. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  whoami: {
    summary: 'who you are here, your namespaces, limits and ports',
    load: async () => (await import('./commands/whoami.ts')).whoami,
  },
  version: {
    summary: 'version of this program and of the cluster',
    load: async () => (await import('./commands/version.ts')).version,
  },
};
