import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAllDocuments } from 'yaml';

import type { KubeObject } from '../../lib/kube/types.ts';
import { client } from '../../lib/kube/client.ts';
import { ROLES, ROLE_BINDINGS, SERVICE_ACCOUNTS } from '../../lib/kube/resources.ts';
import { CANARY, section, stage } from './stage.ts';

const world = await stage();
const MAIN = new URL('../../services/enforcer/main.ts', import.meta.url).pathname;

const directory = await mkdtemp(join(tmpdir(), 'naas-enforcer-test-'));
after(() => rm(directory, { recursive: true, force: true }));

for (const document of parseAllDocuments(
  await readFile(new URL('../../services/enforcer/rbac.yaml', import.meta.url), 'utf8'),
)) {
  const object = document.toJS() as KubeObject;
  if (object.kind === 'ServiceAccount') await client(world.connection, SERVICE_ACCOUNTS).create(object);
  if (object.kind === 'Role') await client(world.connection, ROLES).create(object);
  if (object.kind === 'RoleBinding') await client(world.connection, ROLE_BINDINGS).create(object as never);
}
const kubeconfig = await world.plane.kubeconfigFor({
  name: 'system:serviceaccount:naas-system:enforcer',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:naas-system'],
});

async function run(
  slice: string,
  variables: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  await writeFile(join(directory, 'slice-0.yaml'), slice, { mode: 0o600 });
  const child = spawn(process.execPath, [MAIN], {
    env: { KUBECONFIG: kubeconfig, NAAS_JOB: 'enforce-main', NAAS_SLICE_DIRECTORY: directory, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

test('a Job pushes every device of its slice with the rights of its own account, and one bad device stops no other', async () => {
  const good = await world.addSwitch('main-good');
  const away = await world.addSwitch('main-away');
  for (const leaf of [good, away]) await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  away.sim.armFault({ refuseConnections: true });
  const host = (leaf: typeof good): object => ({
    hostname: leaf.sim.address,
    port: leaf.sim.sshPort,
    username: 'naas',
    password: CANARY,
    platform: 'eos',
    data: { naas: { ports: '1-8', adopt: true, hostKeys: [leaf.sim.hostKeyPublic] } },
  });

  const { code, output } = await run(JSON.stringify({ 'main-good': host(good), 'main-away': host(away) }));

  assert.equal(code, 0, output);
  assert.deepEqual(section(good.sim.runningConfig(), 'interface Ethernet1'), [
    'description r1',
    'switchport access vlan 10',
  ]);
  assert.equal((await good.read()).status?.attempted?.job, 'enforce-main');
  assert.equal((await away.read()).status?.attempted?.outcome, 'unreachable');
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(
    lines.some(
      ({ device, step, outcome }) => device === 'main-good' && step === 'done' && outcome === 'applied',
    ),
  );
  assert.ok(!output.includes(CANARY));
});

test('S-51 the account can neither write a Device nor read a Secret', async () => {
  const { connect } = await import('../../lib/kube/connection.ts');
  const { DEVICES, SECRETS } = await import('../../lib/kube/resources.ts');
  const connection = await connect({ kubeconfig });
  after(() => connection.close());
  const leaf = await world.addSwitch('main-rights');
  const device = await leaf.read();
  await assert.rejects(client(connection, DEVICES).replace(device), { code: 403 });
  await assert.rejects(client(connection, SECRETS).list({ namespace: 'naas-system' }), { code: 403 });
});

test('a slice that cannot be read ends the Job with one line that says why', async () => {
  const { code, output } = await run('leaf: {hostname: 127.0.0.1, platform: nonsense}');
  assert.equal(code, 1);
  const lines = output.trim().split('\n');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /platform/);
});

test('S-63 a slip where the password stands brings it into no output', async () => {
  for (const slip of ['*', '!', '|', '"', 'x\n  ']) {
    const { code, output } = await run(`leaf:\n  platform: eos\n  password: ${slip}${CANARY}\n`);
    assert.equal(code, 1, slip);
    assert.match(output, /hosts: /);
    assert.ok(!output.includes(CANARY), output);
  }
});

test('a broken completion index is refused by name', async () => {
  const { code, output } = await run('{}', { JOB_COMPLETION_INDEX: 'x' });
  assert.equal(code, 1);
  assert.match(output, /JOB_COMPLETION_INDEX/);
});

test('S-48 a device name that would change a path, a selector or a Lease is refused with the slice', async () => {
  for (const name of ['a,metadata.namespace=kube-system', '../secrets', 'a/status', 'a b']) {
    const { code, output } = await run(
      JSON.stringify({ [name]: { hostname: '127.0.0.1', platform: 'eos' } }),
    );
    assert.equal(code, 1, name);
    assert.equal(output.trim().split('\n').length, 1);
  }
});
