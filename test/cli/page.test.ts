/**
 * Every command of docs/cli.md, on a real API server, gives what the page says.
 * UPDATE_PAGE=1 writes the page's outputs anew.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { until } from '../support/until.ts';
import { held, platform, request, succeed } from '../webhooks/platform.ts';
import { runCli } from './run-cli.ts';

const PAGE = new URL('../../docs/cli.md', import.meta.url);
const SERVER = 'https://kubernetes.example.com:6443';
/** Lines that install; distribution.test.ts does that. */
const INSTALLING = [
  'make cli',
  'npm install --global dist/cli/kubectl-naas-0.1.0.tgz',
  'kubectl naas completion install',
];
/** Exit codes other than 0. */
const CODES: Readonly<Record<string, number>> = { 'kubectl naas explain -f request.yaml': 3 };

const naas = await platform();
const { controlPlane, admin } = naas;
const folder = await mkdtemp(join(tmpdir(), 'naas-page-'));
after(() => rm(folder, { recursive: true, force: true }));

await naas.setLedger('devicea', {
  ...held('tenant-a', 'request-001', ['1', '2', '3', '4', '5', '7']),
  ...held('tenant-b', 'db', [20, 22], 'u-2'),
});
await naas.setLedger('deviceb', {});
const limits = {
  maxPorts: 16,
  usage: { ports: 6, devices: 1, requests: 2 },
  grants: [{ devices: ['deviceA', 'deviceB'], ports: ['1-24'], vlans: [10, '100-199'], trunk: true }],
};
await naas.setConfigMap('naas-limits', { 'limits.yaml': JSON.stringify(limits) }, 'tenant-a');
await naas.start();

const lastTransitionTime = '2026-01-01T00:00:02Z';
await stored('request-001', ['1-5', 7], {
  conditions: [ready('True', 'Ready', 'Confirmed by deviceA')],
  devices: [{ name: 'devicea', state: 'Programmed', ports: '1-5,7' }],
  claim: { accepted: { generation: 1, timestamp: '2026-01-01T00:00:00Z' } },
});
const owned = 'Port 20@deviceA is owned by a different tenant: tenant-b (request db)';
await stored('late', [8], {
  conditions: [
    ready('False', 'PortOwnedByOtherTenant', owned),
    { ...ready('True', 'PortOwnedByOtherTenant', owned), type: 'Stalled' },
  ],
  devices: [
    {
      ...{ name: 'devicea', state: 'NotAccepted' },
      conflicts: [{ ports: '20', reason: 'PortOwnedByOtherTenant', owner: 'tenant-b' }],
    },
  ],
});
const kubeconfig = join(folder, 'kubeconfig');
await writeContexts();

function ready(status: string, reason: string, message: string) {
  return { type: 'Ready', status, reason, message, lastTransitionTime };
}

async function stored(name: string, ports: readonly (string | number)[], status: object): Promise<void> {
  const path = '/apis/network.as.a.service/v1/namespaces/tenant-a/interfaces';
  const services = [{ devicename: 'deviceA', ports, vlan: 10, shutdown: false }];
  const { body } = succeed(await admin('POST', path, request(name, services)));
  succeed(await admin('PUT', `${path}/${name}/status`, { ...body, status }));
}

/** Contexts `admin` and `tenant-a`, as on the local platform; the second one is current. */
async function writeContexts(): Promise<void> {
  const file = await controlPlane.kubeconfigFor({ name: 'user@tenant-a.example' });
  const config = parse(await readFile(file, 'utf8')) as Kubeconfig;
  const of = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as Kubeconfig;
  const [cluster] = config.clusters;
  const context = (user: string, namespace: string) => ({
    name: user,
    context: { cluster: cluster?.name, user, namespace },
  });
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'tenant-a',
      clusters: [cluster],
      users: [
        { name: 'tenant-a', user: config.users[0]?.user },
        { name: 'admin', user: of.users[0]?.user },
      ],
      contexts: [context('tenant-a', 'tenant-a'), context('admin', 'naas-system')],
    }),
  );
}

interface Kubeconfig {
  clusters: { name: string }[];
  users: { user: object }[];
}

const page = await readFile(PAGE, 'utf8');
const file = join(folder, 'request.yaml');
await writeFile(file, /```yaml\n([^]*?)```/.exec(page)?.[1] ?? '');

/** What a line of the page prints. */
async function outputOf(line: string): Promise<string> {
  const words = line.replace('request.yaml', file).split(' ').slice(2);
  const options = { environment: { KUBECONFIG: kubeconfig }, now: () => Date.parse('2026-01-01T00:05:00Z') };
  const { code, stdout, stderr } = await until('an answer of the policy', async () => {
    const result = await runCli(words, options);
    return !result.stdout.includes('PolicyUnavailable') && result;
  });
  assert.equal(stderr, '', line);
  assert.equal(code, CODES[line] ?? 0, line);
  return stdout.replaceAll(controlPlane.server, SERVER).replaceAll(file, 'request.yaml');
}

test('every command of the page runs, and prints what stands below the last of its block', async () => {
  let updated = '';
  let end = 0;
  let commands = 0;
  for (const block of page.matchAll(/```shell\n([^]*?)```\n(```text\n[^]*?```\n)?/g)) {
    const [whole, lines = '', shown] = block;
    let printed = '';
    for (const line of lines.trim().split('\n')) {
      if (INSTALLING.includes(line)) continue;
      assert.match(line, /^kubectl naas /, 'only commands of ours are tried');
      printed = await outputOf(line);
      commands += 1;
    }
    const expected =
      shown === undefined ? whole : `\`\`\`shell\n${lines}\`\`\`\n\`\`\`text\n${printed}\`\`\`\n`;
    updated += page.slice(end, block.index) + expected;
    end = block.index + whole.length;
  }
  updated += page.slice(end);
  assert.ok(commands >= 13, `${commands} commands`);
  if (process.env['UPDATE_PAGE']) await writeFile(PAGE, updated);
  else assert.equal(updated, page);
});

test('every command but those of other pages is on the page', async () => {
  const { COMMANDS } = await import('../../services/cli/commands.ts');
  const elsewhere = await readFile(new URL('../../docs/login.md', import.meta.url), 'utf8').catch(() => '');
  for (const name of Object.keys(COMMANDS))
    assert.ok(`${page}${elsewhere}`.includes(`naas ${name}`), `${name} is on no page`);
});
