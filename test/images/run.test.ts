/** The image runs as it will in a cluster: unpacked, read-only, as its own user, against a real API server. */
import assert from 'node:assert/strict';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { connect, type Connection } from '../../lib/kube/connection.ts';
import { installApi } from '../../tools/controlplane/install.ts';
import { startControlPlane, type ControlPlane } from '../../tools/controlplane/start.ts';
import { apply, documents } from '../../tools/controlplane/apply.ts';
import { serviceAccountCredentials } from '../../tools/platform/service-account.ts';
import { build, readImage, ROOT, temporary, type BuiltImage } from './built-image.ts';
import { sandboxProblem, start, unpack, type Running } from './sandbox.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'linux/amd64', arm64: 'linux/arm64' };
/** Path of a static `qemu-aarch64`: then it is the image for arm64 that runs, on that. */
const EMULATOR = process.env['NAAS_QEMU_AARCH64'];
const SERVICES = ['webhooks', 'interface-watcher', 'device-watcher', 'scheduler', 'tenant-controller'];
/** A switch at a port where nobody listens. */
const HOSTS = `switch-1:
  hostname: 127.0.0.1
  port: 1
  username: naas
  password: not-used
  platform: eos
`;

const skip = await sandboxProblem();
const directory = await temporary();
const root = join(directory, 'root');
const image = skip === false ? await unpackedImage() : undefined;
const plane = skip === false ? await apiServer() : undefined;
const running = new Set<Running>();
after(() => {
  for (const process of running) process.kill();
});

async function unpackedImage(): Promise<BuiltImage> {
  const platform = EMULATOR === undefined ? (ARCHITECTURES[process.arch] ?? '') : 'linux/arm64';
  const digests = await build(join(directory, 'images'), ['--platform', platform]);
  const built = await readImage(join(directory, 'images/oci'), digests.platforms[platform]?.digest ?? '');
  await unpack(built, root);
  return EMULATOR === undefined ? built : emulated(built, EMULATOR);
}

/** The same image with the emulator in it, which runs its entry point. */
async function emulated(built: BuiltImage, emulator: string): Promise<BuiltImage> {
  await copyFile(emulator, join(root, 'qemu'));
  await chmod(join(root, 'qemu'), 0o755);
  const { config } = built.config;
  return {
    ...built,
    config: { ...built.config, config: { ...config, Entrypoint: ['/qemu', ...config.Entrypoint] } },
  };
}

async function run(options: Omit<Parameters<typeof start>[0], 'root' | 'image'>): Promise<Running> {
  assert.ok(image);
  const started = await start({ root, image, ...options });
  running.add(started);
  void started.ended.then(() => running.delete(started));
  return started;
}

test('its process has no rights: its own user, no capability, no way to new ones', { skip }, async () => {
  const script = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const status = readFileSync('/proc/self/status', 'utf8');
    const field = (name) => new RegExp('^' + name + ':[ \\t]*(.*)$', 'm').exec(status)[1].trim();
    const tried = (path) => { try { writeFileSync(path, ''); return 'written'; } catch (error) { return error.code; } };
    console.log(JSON.stringify({
      version: process.version, pid: process.pid, user: require('node:os').userInfo().username,
      uids: field('Uid'), gids: field('Gid'), groups: field('Groups'),
      capabilities: [field('CapEff'), field('CapPrm'), field('CapAmb')], noNewPrivileges: field('NoNewPrivs'),
      root: tried('/file'), app: tried('/app/scheduler.mjs'), etc: tried('/etc/passwd'), tmp: tried('/tmp/file'),
      environment: process.env.NODE_ENV,
    }));`;
  const { ended } = await run({ args: ['-e', script] });
  const { code, output } = await ended;
  assert.equal(code, 0, output);
  const four = Array(4).fill('65532').join('\t');
  assert.deepEqual(JSON.parse(output), {
    ...{ version: process.version, pid: 1, user: 'nonroot', uids: four, gids: four, groups: '' },
    ...{ capabilities: Array(3).fill('0'.repeat(16)), noNewPrivileges: '1' },
    // Only what the Pod mounts can be written.
    ...{ root: 'EROFS', app: 'EROFS', etc: 'EROFS', tmp: 'written', environment: 'production' },
  });
});

test('S-65 no signal opens its memory to a debugger', { skip }, async () => {
  const script = `
    process.kill(process.pid, 'SIGUSR1');
    setTimeout(() => console.log(String(require('node:inspector').url())), 1000);`;
  const { ended } = await run({ args: ['-e', script] });
  assert.deepEqual(await ended, { code: 0, output: 'undefined\n' });
  // Told otherwise, the same would open it.
  const opened = await (await run({ args: ['-e', script], env: { NODE_OPTIONS: '' } })).ended;
  assert.match(opened.output, /^ws:/m);
});

for (const service of [...SERVICES, 'enforcer']) {
  test(`${service} says what it lacks where there is no cluster`, { skip }, async () => {
    const { ended } = await run({ args: [`/app/${service}.mjs`] });
    const { code, output } = await ended;
    assert.equal(code, 1, output);
    assert.match(output, /No cluster found: set KUBECONFIG to a kubeconfig file, or run in a Pod/);
  });
}

test('the services become ready against an API server, and end well when told to', { skip }, async () => {
  // All at once: the webhooks wait for the catalog that the scheduler publishes.
  const services = await Promise.all(
    SERVICES.map(async (service) => {
      const { env, files } = await asServiceAccount(service);
      const own = { NAAS_IMAGE: 'naas', NAAS_WEBHOOK_ADDRESS: '127.0.0.1:0' };
      return run({ args: [`/app/${service}.mjs`], env: { ...env, ...own }, files });
    }),
  );
  for (const service of services) {
    const { address } = await service.line(({ msg }) => msg === 'Started health endpoints');
    await ready(`http://${String(address)}/readyz`, service);
  }
  for (const service of services) {
    await service.terminate();
    const { code, output } = await service.ended;
    assert.equal(code, 0, output);
    assert.match(output, /"msg":"Stopped service"/);
  }
});

test(
  'an enforcer reads its slice, reaches for its switch and tells that nobody is there',
  { skip },
  async () => {
    const { env, files } = await asServiceAccount('enforcer');
    const started = await run({
      args: ['/app/enforcer.mjs'],
      env: { ...env, NAAS_SLICE_DIRECTORY: '/run/naas/slice', NAAS_NAMESPACE: PLATFORM_NAMESPACE },
      files: { ...files, 'run/naas/slice/slice-0.yaml': HOSTS },
    });
    await started.line(({ step, devices }) => step === 'start' && String(devices) === 'switch-1');
    const done = await started.line(({ step }) => step === 'done');
    assert.equal(done['device'], 'switch-1');
    await started.ended;
  },
);

/** An API server with what the services need, but for templates. */
async function apiServer(): Promise<{ plane: ControlPlane; connection: Connection }> {
  const plane = await startControlPlane({});
  after(() => plane.stop());
  await installApi(plane);
  const connection = await connect({ kubeconfig: plane.kubeconfig });
  after(() => connection.close());
  const manifests = [
    'tools/platform/manifests/defaults.yaml',
    'webhooks/rbac.yaml',
    'webhooks/webhooks.yaml',
    ...[...SERVICES.slice(1), 'enforcer'].map((name) => `services/${name}/rbac.yaml`),
  ];
  for (const file of manifests) await apply(connection, documents(await readFile(join(ROOT, file), 'utf8')));
  const inventory = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'inventory', namespace: PLATFORM_NAMESPACE },
    stringData: { 'hosts.yaml': HOSTS },
  };
  await apply(connection, [inventory]);
  return { plane, connection };
}

/** Files and environment with which a Pod of the service reaches the API server. */
async function asServiceAccount(name: string) {
  assert.ok(plane);
  const { server, caPem } = plane.plane;
  const account = await serviceAccountCredentials(plane.connection, { name, directory, server, caPem });
  account.stop();
  const folder = `run/naas/${name}`;
  const tokenFile = join(directory, `${name}.token`);
  const kubeconfig = await readFile(account.kubeconfig, 'utf8');
  return {
    env: { KUBECONFIG: `/${folder}/kubeconfig`, NAAS_HTTP_ADDRESS: '127.0.0.1:0' },
    files: {
      [`${folder}/kubeconfig`]: kubeconfig.replace(tokenFile, `/${folder}/token`),
      [`${folder}/token`]: await readFile(tokenFile, 'utf8'),
    },
  };
}

/** Fulfilled when the address answers 200; asks again while the service runs. */
async function ready(url: string, running: Running): Promise<void> {
  let ended: string | undefined;
  void running.ended.then(({ output }) => (ended = output));
  for (;;) {
    // Nobody answers any more where it ended: then its output tells why.
    const response = await fetch(url).catch(() => undefined);
    const text = await response?.text();
    if (response?.ok) return;
    assert.equal(ended, undefined, `${text}\n${ended}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
