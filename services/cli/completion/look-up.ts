/** Looks up what the shell offers: names in the cluster, contexts, words of the platform. */
import { client } from '../../../lib/kube/client.ts';
import { DEVICES, INTERFACES } from '../../../lib/kube/resources.ts';
import { findCluster, openCluster } from '../cluster.ts';
import type { Completion, Context } from '../command.ts';
import { explanations } from '../explanations.ts';
import { kubeconfigFiles, readKubeconfig } from '../kubeconfig.ts';
import type { CLUSTER_OPTIONS, PLATFORM_OPTIONS } from '../options.ts';
import { platformNamespace } from '../platform.ts';
import { SHELLS } from './scripts.ts';

type LookUpContext = Context<typeof CLUSTER_OPTIONS & typeof PLATFORM_OPTIONS>;

/** A person waits for the shell: no answer is better than a late one. */
const TIMEOUT_MS = 2000;

/** @throws whatever goes wrong; nothing is offered then */
export async function lookUp(what: Completion, context: LookUpContext): Promise<readonly string[]> {
  switch (what) {
    case 'file':
      return [];
    case 'shell':
      return SHELLS;
    case 'context':
      return readKubeconfig(kubeconfigFiles(context.values.kubeconfig, context.environment)).contexts.map(
        ({ name }) => name,
      );
    case 'namespace':
      return findCluster(context).namespaces;
    case 'reason': {
      // Words are known without a cluster.
      const names = await requests(context).catch(() => []);
      return [...new Set([...explanations().map(({ id }) => id), ...names])];
    }
    case 'request':
      return requests(context);
    case 'device':
      return devices(context);
  }
}

async function requests(context: LookUpContext): Promise<string[]> {
  const { connection, namespace } = await openCluster(context, { unattended: true });
  const { items } = await client(connection, INTERFACES, { timeoutMs: TIMEOUT_MS }).list({ namespace });
  return items.map(({ metadata }) => metadata.name);
}

/** All switches for who may read Devices; else those that own requests name. */
async function devices(context: LookUpContext): Promise<string[]> {
  const { connection, namespace } = await openCluster(context, { unattended: true });
  const timeout = { timeoutMs: TIMEOUT_MS };
  const platform = { namespace: platformNamespace(context) };
  const [all, own] = await Promise.allSettled([
    client(connection, DEVICES, timeout).list(platform),
    client(connection, INTERFACES, timeout).list({ namespace }),
  ]);
  if (all.status === 'fulfilled') return all.value.items.map(({ metadata }) => metadata.name);
  if (own.status === 'rejected') throw own.reason;
  return [
    ...new Set(own.value.items.flatMap(({ spec }) => spec.services.map(({ devicename }) => devicename))),
  ];
}
