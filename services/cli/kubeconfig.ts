/** Kubeconfig files as kubectl reads them: `KUBECONFIG` may name several, and the first one to say something counts. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { messageOf } from '../../lib/kube/errors.ts';

interface Cluster {
  server?: string;
  'certificate-authority'?: string;
}

interface User {
  'client-certificate'?: string;
  'client-key'?: string;
  tokenFile?: string;
  exec?: { command?: string };
}

/** What is read of a kubeconfig; the rest is carried along. */
export interface Kubeconfig {
  'current-context'?: string;
  clusters: { name: string; cluster: Cluster }[];
  users: { name: string; user: User }[];
  contexts: { name: string; context: { cluster?: string; user?: string; namespace?: string } }[];
}

/**
 * The files that count, in their order: the one given, else those of `KUBECONFIG`, else `~/.kube/config`. Files that are
 * not there are left out, but for one that was given.
 */
export function kubeconfigFiles(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  if (given !== undefined) return [given];
  const named = environment['KUBECONFIG'];
  const home = path.join(environment['HOME'] ?? homedir(), '.kube', 'config');
  const files = named ? named.split(path.delimiter).filter((file) => file !== '') : [home];
  return files.filter((file) => existsSync(file));
}

/**
 * Reads files as one kubeconfig. Paths in each are taken from its own folder.
 *
 * @throws Error naming the file that cannot be read or is no kubeconfig
 */
export function readKubeconfig(files: readonly string[]): Kubeconfig {
  const merged: Kubeconfig = { clusters: [], users: [], contexts: [] };
  for (const file of files) {
    const config = readOne(file);
    merged['current-context'] ||= config['current-context'] ?? '';
    merge(merged.clusters, config.clusters);
    merge(merged.users, config.users);
    merge(merged.contexts, config.contexts);
  }
  return merged;
}

/** The first entry of a name counts. */
function merge<T extends { name: string }>(into: T[], entries: readonly T[]): void {
  for (const entry of entries) if (!into.some(({ name }) => name === entry.name)) into.push(entry);
}

function readOne(file: string): Kubeconfig {
  let read: Partial<Kubeconfig> | null;
  try {
    read = parse(readFileSync(file, 'utf8')) as Partial<Kubeconfig> | null;
  } catch (error) {
    throw new Error(`${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (typeof read !== 'object' || read === null) throw new Error(`${file}: is not a kubeconfig`);
  const absolute = (text: string | undefined) => text && path.resolve(path.dirname(file), text);
  const { clusters, users, contexts } = read;
  return {
    'current-context': read['current-context'] ?? '',
    clusters: (clusters ?? []).map(({ name, cluster }) => ({
      name,
      cluster: placed(cluster, { 'certificate-authority': absolute(cluster['certificate-authority']) }),
    })),
    users: (users ?? []).map(({ name, user }) => ({
      name,
      user: placed(user, {
        'client-certificate': absolute(user['client-certificate']),
        'client-key': absolute(user['client-key']),
        tokenFile: absolute(user.tokenFile),
        exec: user.exec && { ...user.exec, ...program(user.exec.command, absolute) },
      }),
    })),
    contexts: contexts ?? [],
  };
}

/** A command with a slash is a path, one without is looked up in `PATH`. */
function program(command: string | undefined, absolute: (text: string) => string | undefined): object {
  return command?.includes(path.sep) ? { command: absolute(command) } : {};
}

/** The object with those of the values that are there. */
function placed<T extends object>(object: T, values: { [K in keyof T]?: T[K] | undefined }): T {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...object, ...Object.fromEntries(given) };
}

/**
 * Namespaces of the contexts of one cluster, each once, the current context's first.
 *
 * @param server address of the cluster
 */
export function namespacesOf(config: Kubeconfig, server: string): string[] {
  const address = (text: string | undefined) => text?.replace(/\/$/, '');
  const clusters = config.clusters
    .filter(({ cluster }) => address(cluster.server) === address(server))
    .map(({ name }) => name);
  const current = (name: string) => (name === config['current-context'] ? 0 : 1);
  const namespaces = config.contexts
    .filter(({ context }) => context.cluster !== undefined && clusters.includes(context.cluster))
    .toSorted((a, b) => current(a.name) - current(b.name))
    .map(({ context }) => context.namespace)
    .filter((namespace) => namespace !== undefined);
  return [...new Set(namespaces)];
}
