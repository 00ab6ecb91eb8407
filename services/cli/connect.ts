/** Connects to an API server as kubectl does: through a proxy where the kubeconfig or the environment names one. */
import { getCACertificates } from 'node:tls';
import { connect } from '../../lib/kube/connection.ts';
import type { Connection, NewAgent } from '../../lib/kube/connection.ts';
import type { Target } from '../../lib/kube/kubeconfig.ts';
import { proxyTo } from './proxy.ts';

/** @throws Failure for a proxy that cannot be used */
export async function connectTo(
  target: Target,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const proxy = proxyTo(target.cluster, environment);
  return connect({
    target,
    userAgent: 'cli',
    ...(proxy !== undefined && { newAgent: await agentsThrough(proxy) }),
  });
}

/** Loaded only where there is a proxy: services, and most people, go straight. */
async function agentsThrough(proxy: URL): Promise<NewAgent> {
  const { ProxyAgent } = await import('undici');
  return ({ connect, ...options }) => {
    const { ca } = connect;
    // A proxy of the cluster's operators may have its certificate from the cluster's authority: kubectl takes it, too.
    const authorities = ca === undefined ? [] : [getCACertificates('default'), ca].flat();
    return new ProxyAgent({
      ...options,
      uri: proxy.href,
      requestTls: connect,
      ...(authorities.length > 0 && { proxyTls: { ca: authorities } }),
    });
  };
}
