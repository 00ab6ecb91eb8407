import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { BinaryError, findBinaries } from './binaries.ts';
import { readModule } from './binary.ts';
import { binaryCache } from './binary-source.ts';
import { thisMachine, type Machine, type RunResult } from './machine.ts';

const OK = { code: 0, stderr: '' };
const OFFLINE = new Error('getaddrinfo ENOTFOUND');
const NOT_INSTALLED = Object.assign(new Error('spawn ENOENT'), { code: 'ENOENT' });

/** A machine whose binaries are text files that hold what they print. */
class FakeMachine implements Machine {
  readonly env: Record<string, string>;
  readonly os = 'linux';
  arch = 'amd64';
  readonly home: string;
  readonly runs: string[][] = [];
  readonly downloads: string[] = [];
  /** Answers by URL; everything else is out of reach. */
  readonly web = new Map<string, { status: number; text: string | Buffer }>();
  /** What `go build` does with the folder it is to fill; absent: Go is not installed. */
  go?: (packages: readonly string[], output: string) => Promise<RunResult>;

  constructor(home: string) {
    this.home = home;
    this.env = { XDG_CACHE_HOME: join(home, 'cache'), PATH: join(home, 'bin') };
  }

  async run(command: string, args: readonly string[]): Promise<RunResult> {
    this.runs.push([command, ...args]);
    if (command === 'go') {
      if (this.go === undefined) throw NOT_INSTALLED;
      if (args[0] === 'version') return { ...OK, stdout: 'go version go1.26.8' };
      const packages = args.filter(
        (argument) => argument.includes('/cmd/') || /^(go\.etcd|github)/.test(argument),
      );
      return this.go(packages, args[args.indexOf('-o') + 1] ?? '');
    }
    if (command === 'tar') return thisMachine().run(command, args);
    return { ...OK, stdout: await readFile(command, 'utf8') };
  }

  async download(url: string) {
    this.downloads.push(url);
    const answer = this.web.get(url);
    if (answer === undefined) throw new TypeError('fetch failed', { cause: OFFLINE });
    return { status: answer.status, body: chunks(Buffer.from(answer.text)) };
  }
}

async function* chunks(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes.subarray(0, 5);
  yield bytes.subarray(5);
}

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

let home: string;
let machine: FakeMachine;
let lines: string[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'naas-binaries-'));
  machine = new FakeMachine(home);
  lines = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

const find = <N extends Parameters<typeof findBinaries>[0][number]>(...names: N[]) =>
  findBinaries(names, (line) => lines.push(line), machine);

async function install(directory: string, name: string, prints: string, mode = 0o755): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), prints, { mode });
  return join(directory, name);
}

/** Lets Go "build": each output says where it came from. */
function buildable(): string[][] {
  const builds: string[][] = [];
  machine.go = async (packages, output) => {
    builds.push([...packages]);
    for (const path of packages) {
      await writeFile(output.endsWith('/') ? join(output, basename(path)) : output, `built from ${path}`);
    }
    return { ...OK, stdout: '' };
  };
  return builds;
}

const opaUrl = async () =>
  `https://github.com/open-policy-agent/opa/releases/download/v${(await readModule('opa')).version}/opa_linux_amd64_static`;

describe('a binary is taken', () => {
  it('from KUBEBUILDER_ASSETS before all else', async () => {
    machine.env['KUBEBUILDER_ASSETS'] = join(home, 'assets');
    const expected = await install(join(home, 'assets'), 'kube-apiserver', 'Kubernetes v1.36.0');
    await install(join(home, 'bin'), 'kube-apiserver', 'Kubernetes v1.36.3');
    assert.deepEqual(await find('kube-apiserver'), { 'kube-apiserver': expected });
    assert.deepEqual(lines, []);
  });

  it('from PATH if KUBEBUILDER_ASSETS has another minor version, which is said', async () => {
    machine.env['KUBEBUILDER_ASSETS'] = join(home, 'assets');
    const old = await install(join(home, 'assets'), 'kube-apiserver', 'Kubernetes v1.31.0');
    const expected = await install(join(home, 'bin'), 'kube-apiserver', 'Kubernetes v1.36.9');
    assert.deepEqual(await find('kube-apiserver'), { 'kube-apiserver': expected });
    assert.deepEqual(lines, [`KUBEBUILDER_ASSETS has ${old} 1.31.0, but 1.36 is needed: passed over`]);
  });

  it('from the first folder of PATH that has the right version', async () => {
    machine.env['PATH'] = ['one', 'two', 'three'].map((folder) => join(home, folder)).join(':');
    await install(join(home, 'one'), 'kubectl', '{"gitVersion": "v1.32.4-dispatcher"}');
    const expected = await install(join(home, 'two'), 'kubectl', '{"gitVersion": "v1.36.1"}');
    await install(join(home, 'three'), 'kubectl', '{"gitVersion": "v1.36.3"}');
    assert.deepEqual(await find('kubectl'), { kubectl: expected });
  });

  it('not from a file that may not be executed or does not tell its version', async () => {
    const builds = buildable();
    machine.env['PATH'] = ['one', 'two'].map((folder) => join(home, folder)).join(':');
    await install(join(home, 'one'), 'opa', 'Version: 1.21.4', 0o644);
    await install(join(home, 'two'), 'opa', 'unknown flag');
    assert.match((await find('opa')).opa, /cache/);
    assert.equal(builds.length, 1);
  });

  it('from the cache without running it or asking the network', async () => {
    const expected = await install(binaryCache(await readModule('opa'), machine), 'opa', '');
    assert.deepEqual(await find('opa'), { opa: expected });
    assert.deepEqual(machine.runs, []);
    assert.deepEqual(machine.downloads, []);
  });

  it('from ~/.cache when XDG_CACHE_HOME is empty', async () => {
    machine.env['XDG_CACHE_HOME'] = '';
    assert.ok(binaryCache(await readModule('opa'), machine).startsWith(join(home, '.cache', 'naas')));
  });

  it('from the official release if its checksum is right, and from the cache the next time', async () => {
    const url = await opaUrl();
    machine.web.set(url, { status: 200, text: 'official opa' });
    machine.web.set(`${url}.sha256`, {
      status: 200,
      text: `${sha256('official opa')}  opa_linux_amd64_static\n`,
    });
    const builds = buildable();
    const { opa } = await find('opa');
    assert.equal(await readFile(opa, 'utf8'), 'official opa');
    assert.deepEqual(machine.downloads, [`${url}.sha256`, url]);
    assert.equal((await find('opa')).opa, opa);
    assert.equal(machine.downloads.length, 2);
    assert.deepEqual(builds, []);
  });

  it('out of the archive of the official release', async () => {
    const { version } = await readModule('etcd');
    const stem = `etcd-v${version}-linux-amd64`;
    await install(join(home, stem), 'etcd', 'official etcd');
    const archive = join(home, 'archive.tar.gz');
    assert.equal((await machine.run('tar', ['-czf', archive, '-C', home, stem])).code, 0);
    const bytes = await readFile(archive);
    const base = `https://github.com/etcd-io/etcd/releases/download/v${version}`;
    machine.web.set(`${base}/${stem}.tar.gz`, { status: 200, text: bytes });
    machine.web.set(`${base}/SHA256SUMS`, {
      status: 200,
      text: `${sha256('x')}  x\n${sha256(bytes)}  ${stem}.tar.gz\n`,
    });
    const { etcd } = await find('etcd');
    assert.equal(await readFile(etcd, 'utf8'), 'official etcd');
    assert.deepEqual(await readdir(join(etcd, '..')), ['etcd']);
  });

  it('from Go if the checksum is wrong: what was downloaded is thrown away', async () => {
    const url = await opaUrl();
    machine.web.set(url, { status: 200, text: 'evil opa' });
    machine.web.set(`${url}.sha256`, { status: 200, text: sha256('official opa') });
    buildable();
    const { opa } = await find('opa');
    assert.equal(await readFile(opa, 'utf8'), 'built from github.com/open-policy-agent/opa');
    assert.ok(
      lines.some((line) => line.includes('checksum')),
      lines.join('\n'),
    );
    const left = await readdir(join(home, 'cache', 'naas', 'binaries'));
    assert.deepEqual(left.length, 1, left.join());
  });

  it('from Go if there is no release of this version', async () => {
    const url = await opaUrl();
    machine.web.set(`${url}.sha256`, { status: 404, text: 'Not Found' });
    buildable();
    assert.match(await readFile((await find('opa')).opa, 'utf8'), /^built/);
    assert.deepEqual(machine.downloads, [`${url}.sha256`]);
  });

  it('from Go, several of one module in one build', async () => {
    const builds = buildable();
    const paths = await find('kube-apiserver', 'etcd', 'kubectl');
    assert.deepEqual(builds, [
      ['k8s.io/kubernetes/cmd/kube-apiserver', 'k8s.io/kubernetes/cmd/kubectl'],
      ['go.etcd.io/etcd/server/v3'],
    ]);
    assert.match(await readFile(paths.kubectl, 'utf8'), /cmd\/kubectl$/);
    assert.equal(basename(paths.etcd), 'etcd');
    assert.equal(lines.filter((line) => line.includes('dl.k8s.io')).length, 1);
    assert.ok(lines.some((line) => /^building kube-apiserver, kubectl 1\.36\.\d+ with Go/.test(line)));
  });

  it('from Go only for what is not at hand', async () => {
    const builds = buildable();
    const expected = await install(join(home, 'bin'), 'kubectl', '{"gitVersion": "v1.36.1"}');
    const { kubectl } = await find('kubectl', 'kube-apiserver');
    assert.equal(kubectl, expected);
    assert.deepEqual(builds, [['k8s.io/kubernetes/cmd/kube-apiserver']]);
  });

  it('once, when two ask at the same time', async () => {
    const builds = buildable();
    const build = machine.go;
    let release = () => {};
    const started = new Promise<void>((resolve) => {
      machine.go = async (packages, output) => {
        resolve();
        await new Promise<void>((go) => (release = go));
        return build?.(packages, output) ?? { ...OK, stdout: '' };
      };
    });
    const first = find('opa');
    await started;
    const second = find('opa');
    const waiting = setInterval(() => lines.some((line) => line.startsWith('waiting')) && release(), 10);
    assert.deepEqual(await second, await first);
    clearInterval(waiting);
    assert.equal(builds.length, 1);
    assert.ok(lines.includes(`waiting for process ${process.pid}, which is getting opa too`));
  });
});

describe('a binary that cannot be had', () => {
  it('is told in one line with everything that was tried', async () => {
    await assert.rejects(find('opa'), (error) => {
      assert.ok(error instanceof BinaryError);
      assert.equal(error.message.split('\n').length, 1);
      for (const part of [
        'cannot get opa 1.',
        'KUBEBUILDER_ASSETS is not set',
        'PATH has none',
        'Go is not installed',
      ]) {
        assert.ok(error.message.includes(part), error.message);
      }
      return true;
    });
  });

  it('is told with the end of what Go said, and leaves nothing in the cache', async () => {
    machine.go = async () => ({ code: 1, stdout: '', stderr: 'noise\nmore\nmain.go:1: broken\n' });
    await assert.rejects(find('opa'), /go build fails: .*main\.go:1: broken/);
    const cache = binaryCache(await readModule('opa'), machine);
    assert.deepEqual(await readdir(cache), []);
    assert.deepEqual(await readdir(join(cache, '..')), [basename(cache)]);
  });
});
