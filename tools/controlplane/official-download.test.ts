import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { binaryOf, type BinaryName } from './binary.ts';
import { checksumIn, releaseOf } from './official-download.ts';

const A = 'a'.repeat(64);
const B = 'B'.repeat(64);

describe('the checksum of a file', () => {
  for (const [name, { sums, expected }] of Object.entries({
    'stands alone': { sums: `${A}\n`, expected: A },
    'stands alone without a line feed': { sums: A, expected: A },
    'stands beside its name': { sums: `${B}  other\n${A}  file\n`, expected: A },
    'stands beside its name in binary mode': { sums: `${A} *file\n`, expected: A },
    'is compared in lower case': { sums: `${B}  file\n`, expected: B.toLowerCase() },
    'is not another file’s': { sums: `${A}  file.sig\n`, expected: undefined },
    'is not a shorter hash': { sums: `${'a'.repeat(40)}  file\n`, expected: undefined },
    'is not a page that says why not': { sums: '<html>Not Found</html>', expected: undefined },
  })) {
    it(name, () => assert.equal(checksumIn(sums, 'file'), expected));
  }
});

describe('the official release', () => {
  const release = (name: BinaryName, os: string, arch: string) =>
    releaseOf(binaryOf(name), { version: '1.2.3' }, { os, arch });

  for (const [name, os, arch, url] of [
    ['kube-apiserver', 'linux', 'arm64', 'https://dl.k8s.io/release/v1.2.3/bin/linux/arm64/kube-apiserver'],
    ['kubectl', 'darwin', 'arm64', 'https://dl.k8s.io/release/v1.2.3/bin/darwin/arm64/kubectl'],
    [
      'etcd',
      'linux',
      'amd64',
      'https://github.com/etcd-io/etcd/releases/download/v1.2.3/etcd-v1.2.3-linux-amd64.tar.gz',
    ],
    [
      'etcd',
      'darwin',
      'arm64',
      'https://github.com/etcd-io/etcd/releases/download/v1.2.3/etcd-v1.2.3-darwin-arm64.zip',
    ],
    [
      'opa',
      'linux',
      'amd64',
      'https://github.com/open-policy-agent/opa/releases/download/v1.2.3/opa_linux_amd64_static',
    ],
    [
      'opa',
      'darwin',
      'amd64',
      'https://github.com/open-policy-agent/opa/releases/download/v1.2.3/opa_darwin_amd64',
    ],
    ['kubelet', 'linux', 'amd64', 'https://dl.k8s.io/release/v1.2.3/bin/linux/amd64/kubelet'],
    [
      'containerd',
      'linux',
      'arm64',
      'https://github.com/containerd/containerd/releases/download/v1.2.3/containerd-1.2.3-linux-arm64.tar.gz',
    ],
    ['runc', 'linux', 'amd64', 'https://github.com/opencontainers/runc/releases/download/v1.2.3/runc.amd64'],
    ['helm', 'darwin', 'arm64', 'https://get.helm.sh/helm-v1.2.3-darwin-arm64.tar.gz'],
  ] as const) {
    it(`of ${name} for ${os}/${arch} is at ${url}`, () => assert.equal(release(name, os, arch)?.url, url));
  }

  it('of etcd lists its checksums in one file and holds the binary in a folder', () => {
    assert.deepEqual(release('etcd', 'linux', 'amd64'), {
      url: 'https://github.com/etcd-io/etcd/releases/download/v1.2.3/etcd-v1.2.3-linux-amd64.tar.gz',
      checksums: 'https://github.com/etcd-io/etcd/releases/download/v1.2.3/SHA256SUMS',
      member: 'etcd-v1.2.3-linux-amd64/etcd',
    });
  });

  it('of a Kubernetes server does not exist but for Linux', () => {
    assert.equal(release('kube-apiserver', 'darwin', 'arm64'), undefined);
  });

  it('of Calico is an image, not a binary', () =>
    assert.equal(release('calico-felix', 'linux', 'amd64'), undefined));

  it('does not exist for other processors', () => assert.equal(release('opa', 'linux', 's390x'), undefined));
});
