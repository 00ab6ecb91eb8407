import type { Api } from '../api.ts';

/**
 * Whether the Pod that holds a Lease has ended, as its node reported. A Pod that is not found proves nothing:
 * it may have been deleted by force while its process runs on a node that nobody can reach.
 * @param identity of the holder: name of its Pod, a slash, something random
 */
export async function hasEnded(api: Pick<Api, 'pods' | 'namespace'>, identity: string): Promise<boolean> {
  const [name = ''] = identity.split('/');
  // No answer is no proof either: the Lease runs out by itself.
  const pod = await api.pods.get({ namespace: api.namespace, name }).catch(() => undefined);
  const phase = pod?.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}
