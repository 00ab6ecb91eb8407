import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, createSigningKey, type Authority, type KeyedCertificate } from './certificates.ts';

/** Names and addresses under which clients inside and outside of pods know the API server. */
const API_SERVER_HOSTS = [
  '127.0.0.1',
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  // First address of the service range in flags.ts.
  '10.96.0.1',
];
const LOOPBACK = ['127.0.0.1', 'localhost'];

/** Paths of a certificate and its key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Everything a control plane proves itself with. Keys of authorities stay in memory. */
export interface Pki {
  readonly cluster: Authority;
  readonly clusterCaFile: string;
  readonly etcdCa: string;
  readonly etcdCaFile: string;
  readonly etcdServer: CertificateFiles;
  readonly etcdClient: CertificateFiles & { readonly pem: KeyedCertificate };
  readonly apiServer: CertificateFiles;
  readonly controllerManager: CertificateFiles;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
  /** The API server as client of the node agent; an authority of its own, so that no user's certificate passes there. */
  readonly kubeletCaFile: string;
  readonly kubeletClient: CertificateFiles;
  readonly kubelet: { readonly caPem: string } & KeyedCertificate;
  /** Serving certificate of a kubelet at these addresses. */
  kubeletAt(hosts: readonly string[]): Promise<KeyedCertificate>;
}

/**
 * Makes all certificates and writes those that the processes need, readable by the user only. The key of
 * service-account tokens is kept if the directory has one: tokens then outlive a restart.
 * @param address where the API server listens
 */
export async function createPki(directory: string, now: number, address: string): Promise<Pki> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const [cluster, etcd, kubeletAuthority] = await Promise.all([
    createAuthority('naas-cluster', now),
    createAuthority('naas-etcd', now),
    createAuthority('naas-kubelet', now),
  ]);
  const [etcdServer, etcdClient, apiServer, controllerManager, kubeletClient, kubelet] = await Promise.all([
    etcd.issueServer('etcd', LOOPBACK, { client: true }),
    etcd.issueClient({ name: 'kube-apiserver' }),
    cluster.issueServer('kube-apiserver', [...new Set([...API_SERVER_HOSTS, address])]),
    cluster.issueServer('kube-controller-manager', LOOPBACK),
    kubeletAuthority.issueClient({ name: 'kube-apiserver-kubelet-client' }),
    kubeletAuthority.issueServer('kubelet', LOOPBACK),
  ]);

  async function store(file: string, text: string): Promise<string> {
    const path = join(directory, file);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }
  async function storePair(name: string, pair: KeyedCertificate): Promise<CertificateFiles> {
    return { cert: await store(`${name}.crt`, pair.cert), key: await store(`${name}.key`, pair.key) };
  }
  return {
    cluster,
    clusterCaFile: await store('ca.crt', cluster.cert),
    etcdCa: etcd.cert,
    etcdCaFile: await store('etcd-ca.crt', etcd.cert),
    etcdServer: await storePair('etcd', etcdServer),
    etcdClient: { ...(await storePair('etcd-client', etcdClient)), pem: etcdClient },
    apiServer: await storePair('kube-apiserver', apiServer),
    controllerManager: await storePair('kube-controller-manager', controllerManager),
    ...(await serviceAccountKey(directory, store)),
    kubeletCaFile: await store('kubelet-ca.crt', kubeletAuthority.cert),
    kubeletClient: await storePair('kubelet-client', kubeletClient),
    kubelet: { caPem: kubeletAuthority.cert, ...kubelet },
    kubeletAt: (hosts) => kubeletAuthority.issueServer('kubelet', hosts),
  };
}

async function serviceAccountKey(
  directory: string,
  store: (file: string, text: string) => Promise<string>,
): Promise<Pick<Pki, 'serviceAccountKeyFile' | 'serviceAccountPublicKeyFile'>> {
  const serviceAccountKeyFile = join(directory, 'service-account.key');
  const serviceAccountPublicKeyFile = join(directory, 'service-account.pub');
  const stored = await Promise.all([
    readFile(serviceAccountKeyFile),
    readFile(serviceAccountPublicKeyFile),
  ]).catch(() => undefined);
  if (stored === undefined) {
    const pair = await createSigningKey();
    await store('service-account.key', pair.privateKey);
    await store('service-account.pub', pair.publicKey);
  }
  return { serviceAccountKeyFile, serviceAccountPublicKeyFile };
}
