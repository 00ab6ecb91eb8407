/** What a login reads from a kubeconfig and writes into it. Entries of others, order and comments stay. Pure. */
import { isMap, parseDocument, YAMLSeq } from 'yaml';
import type { Document } from 'yaml';
import { Failure } from '../failure.ts';
import type { ClusterFields } from './exec-info.ts';

export interface NamedCluster {
  readonly name: string;
  readonly cluster: ClusterFields & { readonly 'certificate-authority'?: string };
}

export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

export interface ContextEntry {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string | undefined;
}

/** The part of a kubeconfig that matters here. */
export interface KubeconfigView {
  readonly current: string | undefined;
  readonly clusters: readonly NamedCluster[];
  readonly contexts: readonly ContextEntry[];
  /** Words of the exec plugin, by user. */
  readonly plugins: ReadonlyMap<string, readonly string[]>;
}

interface Raw {
  'current-context'?: string;
  clusters?: NamedCluster[] | null;
  contexts?: { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[] | null;
  users?: { name: string; user?: { exec?: { args?: string[] | null } } }[] | null;
}

/** @throws Failure if the text is no kubeconfig */
export function viewKubeconfig(text: string, file: string): KubeconfigView {
  const raw = (documentOf(text, file).toJS() ?? {}) as Raw;
  return {
    current: raw['current-context'] || undefined,
    clusters: (raw.clusters ?? []).filter(({ cluster }) => typeof cluster?.server === 'string'),
    contexts: (raw.contexts ?? []).map(({ name, context }) => ({
      name,
      cluster: context?.cluster ?? '',
      user: context?.user ?? '',
      namespace: context?.namespace,
    })),
    plugins: new Map((raw.users ?? []).map(({ name, user }) => [name, user?.exec?.args ?? []])),
  };
}

export interface LoginEntries {
  /** Written if it is new. */
  readonly cluster?: NamedCluster | undefined;
  readonly user: { readonly name: string; readonly exec: ExecPlugin };
  readonly contexts: readonly ContextEntry[];
  readonly current: string | undefined;
}

/**
 * Text of the kubeconfig with a login's entries, each in the place of the entry of the same name.
 *
 * @param text `''` for none yet
 * @throws Failure if the text is no kubeconfig
 */
export function withLogin(text: string, file: string, entries: LoginEntries): string {
  const document = documentOf(text, file);
  if (document.contents === null)
    document.contents = document.createNode({ apiVersion: 'v1', kind: 'Config' });
  if (entries.cluster !== undefined) put(document, 'clusters', { ...entries.cluster });
  put(document, 'users', { name: entries.user.name, user: { exec: execEntry(entries.user.exec) } });
  for (const { name, ...context } of entries.contexts) {
    const { namespace, ...others } = context;
    put(document, 'contexts', { name, context: namespace === undefined ? others : context });
  }
  if (entries.current !== undefined) document.set('current-context', entries.current);
  return document.toString({ lineWidth: 0 });
}

function execEntry(exec: ExecPlugin): object {
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: exec.command,
    args: exec.args,
    ...(exec.env !== undefined && exec.env.length > 0 && { env: exec.env }),
    // A browser needs no terminal; a device code does.
    interactiveMode: 'IfAvailable',
    // The token is for one cluster: the plugin must know which one asks (S-83).
    provideClusterInfo: true,
    installHint: 'kubectl naas is missing: it logs you in. See docs/login.md',
  };
}

function put(
  document: Document,
  list: string,
  entry: { readonly name: string; readonly [field: string]: unknown },
): void {
  const found = document.get(list);
  let items = found instanceof YAMLSeq ? found : undefined;
  if (items === undefined) {
    items = new YAMLSeq();
    document.set(list, items);
  }
  const node = document.createNode(entry);
  const index = items.items.findIndex((item) => isMap(item) && item.get('name') === entry.name);
  if (index === -1) items.add(node);
  else items.items[index] = node;
}

function documentOf(text: string, file: string): Document {
  const document = parseDocument(text);
  const [problem] = document.errors;
  const isConfig = document.contents === null || isMap(document.contents);
  if (problem !== undefined || !isConfig)
    throw new Failure(
      `${file} is no kubeconfig: ${problem?.message.split('\n')[0] ?? 'it holds no object'}`,
      {
        next: `mend it, or use another by --kubeconfig; nothing was written`,
      },
    );
  return document;
}
