/** What people install: the npm package in an empty folder, and the executable where there is nothing else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { writeArchive } from '../../tools/cli/archive.ts';
import { buildExecutable } from '../../tools/cli/executable.ts';
import { packPackage } from '../../tools/cli/package.ts';
import { installCommandLine } from '../../tools/platform/command-line.ts';
import { ended } from '../support/ended.ts';

const folder = await mkdtemp(join(tmpdir(), 'naas-distribution-'));
after(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with this environment and no other. */
async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = folder,
): Promise<Ended> {
  const child = spawn(program, [...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  return ended(child);
}

/** A folder with nothing but our Node in it, called node. */
async function onlyNode(): Promise<string> {
  const bin = join(folder, 'only-node');
  await mkdir(bin, { recursive: true });
  await symlink(process.execPath, join(bin, 'node')).catch(() => undefined);
  return bin;
}

async function checkProgram(program: string, called: string, PATH: string): Promise<void> {
  const env = { PATH, HOME: folder };
  const help = await run(program, ['--help'], env);
  assert.deepEqual([help.code, help.stderr], [0, '']);
  assert.match(help.stdout, new RegExp(`^Usage: ${called} COMMAND`, 'm'));
  const explained = await run(program, ['explain', 'Drifted', '-o', 'yaml'], env);
  assert.match(explained.stdout, /^apiVersion: cli\.naas\/v1\nkind: Explanation\n/, explained.stderr);
  const lost = await run(program, ['whoami'], env);
  assert.deepEqual(lost, {
    code: 2,
    stdout: '',
    stderr: `Error: No cluster is known yet: there is no kubeconfig\nNext: ${called} login\n`,
  });
  // An address where nobody listens: the whole of HTTP and TLS is loaded, and says so.
  const kubeconfig = join(folder, 'nobody');
  await writeFile(kubeconfig, NOBODY);
  const away = await run(program, ['status', '--kubeconfig', kubeconfig], env);
  assert.equal(away.code, 2);
  assert.match(away.stderr, /^Error: The API server cannot be reached: .*ECONNREFUSED/);
}

const NOBODY = JSON.stringify({
  'current-context': 'x',
  clusters: [{ name: 'x', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'x', user: {} }],
  contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
});

describe('the npm package', () => {
  const bin = join(folder, 'installed', 'node_modules', '.bin');

  before(async () => {
    const archive = await packPackage(join(folder, 'packed'));
    const place = join(folder, 'installed');
    await mkdir(place);
    await writeFile(join(place, 'package.json'), '{"private":true}');
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
    // Offline: it has no dependencies, so that nothing has to be fetched.
    const installed = await run(
      'npm',
      ['install', '--offline', '--no-audit', '--no-fund', archive],
      env,
      place,
    );
    assert.equal(installed.code, 0, installed.stderr);
  });

  it('installs from its archive alone, under two names', async () => {
    const found = await readdir(bin);
    assert.deepEqual(found.sort(), ['kubectl-naas', 'naas']);
    const packages = await readdir(join(folder, 'installed', 'node_modules'));
    assert.deepEqual(
      packages.filter((name) => !name.startsWith('.')),
      ['kubectl-naas'],
    );
  });

  it('holds one program, licences, and nothing else', async () => {
    const place = join(folder, 'installed', 'node_modules', 'kubectl-naas');
    assert.deepEqual((await readdir(place)).sort(), [
      ...['LICENSE', 'LICENSE-THIRD-PARTY', 'README.md', 'kubectl-naas.cjs', 'package.json'],
    ]);
    const bundle = await readFile(join(place, 'kubectl-naas.cjs'), 'utf8');
    assert.ok(
      !bundle.includes(dirname(dirname(import.meta.dirname))),
      'a path of this machine is in the bundle',
    );
    const licences = await readFile(join(place, 'LICENSE-THIRD-PARTY'), 'utf8');
    for (const name of ['undici', 'yaml', '@kubernetes/client-node'])
      assert.match(licences, new RegExp(`^${name} \\d`, 'm'));
  });

  for (const [name, called] of [
    ['kubectl-naas', 'kubectl naas'],
    ['naas', 'naas'],
  ] as const) {
    it(`${name} runs with nothing but node in PATH`, async () => {
      await checkProgram(join(bin, name), called, await onlyNode());
    });
  }

  it('kubectl runs it as a plugin and completes it, once completion is installed', async () => {
    const kubectl = await findBinary('kubectl');
    const env = { PATH: [bin, await onlyNode(), '/usr/bin', '/bin'].join(':'), HOME: folder, KUBERC: 'off' };
    const help = await run(kubectl, ['naas', '--help'], env);
    assert.match(help.stdout, /^Usage: kubectl naas COMMAND/m, help.stderr);
    const installed = await run(join(bin, 'kubectl-naas'), ['completion', 'install'], env);
    assert.deepEqual(installed, {
      code: 0,
      stdout: '',
      stderr: `Written: ${join(bin, 'kubectl_complete-naas')}\n`,
    });
    const { stdout } = await run(kubectl, ['__complete', 'naas', 'who'], env);
    assert.deepEqual(
      stdout.split('\n').map((line) => line.split('\t')[0]),
      [...['whoami', 'who-owns', ':4', '']],
    );
    // Again: it may be written anew.
    assert.equal((await run(join(bin, 'kubectl-naas'), ['completion', 'install'], env)).code, 0);
  });

  it('completion is not installed over a file of somebody else, nor where kubectl would not look', async () => {
    const node = await onlyNode();
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    const install = ['completion', 'install', '--directory', elsewhere];
    const program = join(bin, 'kubectl-naas');
    const lost = await run(program, install, { PATH: node, HOME: folder });
    assert.equal(lost.code, 2);
    assert.match(lost.stderr, /^Error: kubectl-naas is in no folder of PATH/);
    const env = { PATH: `${bin}:${node}`, HOME: folder };
    const written = await run(program, install, env);
    assert.equal(written.code, 0);
    assert.match(written.stderr, /is not in PATH: kubectl will not find it there\n$/);
    await writeFile(join(elsewhere, 'kubectl_complete-naas'), 'mine');
    const refused = await run(program, install, env);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /is there already, and is not ours/);
  });

  it('bash completes naas', async () => {
    const script = [
      'source <(naas completion bash)',
      'COMP_WORDS=(naas ports devicea -o ""); COMP_CWORD=4; _naas; echo "${COMPREPLY[*]}"',
      'COMP_WORDS=(naas who); COMP_CWORD=1; _naas; echo "${COMPREPLY[*]}"',
    ].join('\n');
    const env = { PATH: [bin, await onlyNode(), '/usr/bin', '/bin'].join(':'), HOME: folder };
    const { stdout, stderr } = await run('bash', ['--norc', '-c', script], env);
    assert.equal(stdout, 'table wide json yaml\nwhoami who-owns\n', stderr);
  });
});

describe('the local platform', () => {
  it('has kubectl naas and its completion in its bin folder, for people without Node', async () => {
    const bin = join(folder, 'platform', 'bin');
    await installCommandLine({ bundles: join(folder, 'platform', 'dist'), bin });
    await checkProgram(join(bin, 'kubectl-naas'), 'kubectl naas', '');
    const kubectl = await findBinary('kubectl');
    const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, KUBERC: 'off' };
    const { stdout } = await run(kubectl, ['__complete', 'naas', 'vers'], env);
    assert.match(stdout, /^version\t/);
  });
});

describe('the single executable', { skip: process.platform !== 'linux' && 'built on Linux only' }, () => {
  const place = join(folder, 'executable');
  const program = join(place, 'kubectl-naas');

  before(async () => {
    await mkdir(place);
    const metafile = await buildExecutable(program);
    await writeArchive(`${program}.tar.gz`, program, metafile);
  });

  it('runs with an empty PATH and without Node', async () => {
    await checkProgram(program, 'kubectl naas', '');
  });

  it('is called as the name says it is', async () => {
    const naas = join(place, 'naas');
    await symlink(program, naas);
    await checkProgram(naas, 'naas', '');
  });

  it('does not listen to options that are meant for Node', async () => {
    const env = { PATH: '', HOME: folder, NODE_OPTIONS: '--require=/nonexistent.js' };
    const { code, stderr } = await run(program, ['version', '--client'], env);
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('is packed with the licences of all that is in it', async () => {
    const unpacked = join(folder, 'unpacked');
    await mkdir(unpacked);
    const env = { PATH: '/usr/bin:/bin' };
    const { code, stderr } = await run('tar', ['-xzf', `${program}.tar.gz`, '-C', unpacked], env);
    assert.equal(code, 0, stderr);
    const names = (await readdir(unpacked)).sort();
    assert.deepEqual(names, ['LICENSE', 'LICENSE-NODE', 'LICENSE-THIRD-PARTY', 'kubectl-naas']);
    const { mode, size } = await stat(join(unpacked, 'kubectl-naas'));
    assert.equal(mode & 0o777, 0o755);
    assert.equal(size, (await stat(await realpath(program))).size);
    assert.match(await readFile(join(unpacked, 'LICENSE-NODE'), 'utf8'), /^Node\.js v24/);
  });
});
