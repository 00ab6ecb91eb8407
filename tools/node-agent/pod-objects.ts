import type { ConfigMap, Pod, Secret, TokenRequest } from '../../lib/kube/resources.ts';
import { CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS } from '../../lib/kube/resources.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isNotFound } from '../../lib/kube/errors.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';

/** The objects a Pod refers to; each is read once per start of the Pod, and nothing is kept. */
export interface PodObjects {
  /** undefined: there is none. */
  secret(name: string): Promise<Secret | undefined>;
  configMap(name: string): Promise<ConfigMap | undefined>;
  /** A token of the Pod's ServiceAccount that is good as long as the Pod exists. */
  token(request: { audience?: string | undefined; seconds: number }): Promise<string>;
}

/** Reads what the Pod may read: objects of its own namespace. */
export function podObjects(connection: Connection, pod: DeepReadonly<Pod>): PodObjects {
  const { namespace = '', name, uid = '' } = pod.metadata;
  const secrets = client(connection, SECRETS);
  const configMaps = client(connection, CONFIG_MAPS);
  const accounts = client(connection, SERVICE_ACCOUNTS);
  return {
    secret: once((secret) => orNothing(secrets.get({ namespace, name: secret }))),
    configMap: once((configMap) => orNothing(configMaps.get({ namespace, name: configMap }))),
    async token({ audience, seconds }) {
      const review = await accounts.createSubresource<TokenRequest>(
        { namespace, name: pod.spec?.serviceAccountName || 'default' },
        'token',
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {
            ...(audience === undefined ? {} : { audiences: [audience] }),
            expirationSeconds: seconds,
            boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
          },
        } satisfies TokenRequest,
      );
      if (review.status === undefined)
        throw new Error(`no token for ServiceAccount of Pod ${namespace}/${name}`);
      return review.status.token;
    },
  };
}

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function once<T>(read: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (name) => {
    const reading = known.get(name) ?? read(name);
    known.set(name, reading);
    return reading;
  };
}
