import type { Pki } from './pki.ts';

/** Flags of a component, without the leading dashes. */
export type Flags = Readonly<Record<string, string>>;

const SERVICE_RANGE = '10.96.0.0/16';
const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/**
 * @param durable false: writes are not synced to disk, fit for data that nobody misses after a power failure
 */
export function etcdFlags(
  pki: Pki,
  options: { data: string; client: number; peer: number; durable: boolean },
): Flags {
  const client = `https://127.0.0.1:${options.client}`;
  const peer = `https://127.0.0.1:${options.peer}`;
  return {
    name: 'naas',
    'data-dir': options.data,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `naas=${peer}`,
    // Nobody else on this machine may read Secrets past the API server.
    'client-cert-auth': 'true',
    'trusted-ca-file': pki.etcdCaFile,
    'cert-file': pki.etcdServer.cert,
    'key-file': pki.etcdServer.key,
    'peer-client-cert-auth': 'true',
    'peer-trusted-ca-file': pki.etcdCaFile,
    'peer-cert-file': pki.etcdServer.cert,
    'peer-key-file': pki.etcdServer.key,
    ...(options.durable ? {} : { 'unsafe-no-fsync': 'true' }),
  };
}

export const LOOPBACK = '127.0.0.1';

/**
 * @param address where it listens; one that is not loopback becomes the endpoint of the Service `kubernetes`
 * @param authenticationConfig path of an AuthenticationConfiguration that also rules anonymous requests
 */
export function apiServerFlags(
  pki: Pki,
  options: { address: string; etcd: number; port: number; authenticationConfig: string },
): Flags {
  return {
    'etcd-servers': `https://127.0.0.1:${options.etcd}`,
    'etcd-cafile': pki.etcdCaFile,
    'etcd-certfile': pki.etcdClient.cert,
    'etcd-keyfile': pki.etcdClient.key,
    'bind-address': options.address,
    'secure-port': String(options.port),
    // Without it the API server looks for a default route, which a machine without a network lacks; loopback
    // cannot be an endpoint of the Service `kubernetes`, so that is left alone.
    'advertise-address': options.address,
    'endpoint-reconciler-type': options.address === LOOPBACK ? 'none' : 'lease',
    'tls-cert-file': pki.apiServer.cert,
    'tls-private-key-file': pki.apiServer.key,
    'client-ca-file': pki.clusterCaFile,
    'authentication-config': options.authenticationConfig,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'service-cluster-ip-range': SERVICE_RANGE,
    'service-account-issuer': ISSUER,
    'service-account-key-file': pki.serviceAccountPublicKeyFile,
    'service-account-signing-key-file': pki.serviceAccountKeyFile,
    'kubelet-certificate-authority': pki.kubeletCaFile,
    'kubelet-client-certificate': pki.kubeletClient.cert,
    'kubelet-client-key': pki.kubeletClient.key,
    'kubelet-preferred-address-types': 'InternalIP',
    profiling: 'false',
  };
}

export function controllerManagerFlags(pki: Pki, options: { port: number; kubeconfig: string }): Flags {
  return {
    kubeconfig: options.kubeconfig,
    'authentication-kubeconfig': options.kubeconfig,
    'authorization-kubeconfig': options.kubeconfig,
    'bind-address': '127.0.0.1',
    'secure-port': String(options.port),
    'tls-cert-file': pki.controllerManager.cert,
    'tls-private-key-file': pki.controllerManager.key,
    'client-ca-file': pki.clusterCaFile,
    'root-ca-file': pki.clusterCaFile,
    'service-account-private-key-file': pki.serviceAccountKeyFile,
    'use-service-account-credentials': 'true',
    // There is one only: an election would cost seconds at each start.
    'leader-elect': 'false',
    profiling: 'false',
  };
}

export function schedulerFlags(options: { port: number; kubeconfig: string }): Flags {
  return {
    kubeconfig: options.kubeconfig,
    'authentication-kubeconfig': options.kubeconfig,
    'authorization-kubeconfig': options.kubeconfig,
    'bind-address': LOOPBACK,
    'secure-port': String(options.port),
    'leader-elect': 'false',
    profiling: 'false',
  };
}
