/** All commands. Loaded one at a time, so that each costs the start of what it needs and no more. */
import type { Command } from './command.ts';

export interface Entry {
  /** One line of the list of commands. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** By name; a name may have two words. In the order of `--help`. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  login: {
    summary: 'log in and write contexts for your namespaces',
    load: async () => (await import('./commands/login.ts')).login,
  },
  logout: {
    summary: 'take the login back and forget it',
    load: async () => (await import('./commands/logout.ts')).logout,
  },
  token: {
    summary: 'for kubectl: the token of a context that login has written',
    load: async () => (await import('./commands/token.ts')).token,
  },
  'setup api-server': {
    summary: 'what kube-apiserver must be told to know people of an OIDC issuer',
    load: async () => (await import('./commands/setup-api-server.ts')).setupApiServer,
  },
  whoami: {
    summary: 'who you are here, your namespaces, limits and ports',
    load: async () => (await import('./commands/whoami.ts')).whoami,
  },
  status: {
    summary: 'your requests and their state on each switch',
    load: async () => (await import('./commands/status.ts')).status,
  },
  explain: {
    summary: 'why a request is not ready, whether a file would be accepted, what a word means',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  ports: {
    summary: 'who holds the ports of a switch, and which are free',
    load: async () => (await import('./commands/ports.ts')).ports,
  },
  'who-owns': {
    summary: 'who holds these ports of a switch',
    load: async () => (await import('./commands/who-owns.ts')).whoOwns,
  },
  completion: {
    summary: 'completion of naas for a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  'completion install': {
    summary: 'completion of kubectl naas, for every shell that kubectl completes in',
    load: async () => (await import('./commands/completion-install.ts')).completionInstall,
  },
  version: {
    summary: 'version of this program and of the cluster',
    load: async () => (await import('./commands/version.ts')).version,
  },
};
