import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { client } from '../../lib/kube/client.ts';
import { LEASES } from '../../lib/kube/resources.ts';
import { freePorts } from '../../tools/controlplane/free-port.ts';
import { hosts, IMAGE, ledger, namespace, startLoop } from './loop.ts';
import { until } from '../support/until.ts';

const loop = await startLoop();
await loop.setInventory(hosts('devicea'));
await loop.startAgent();
const URL_OF_SERVICE = 'https://scheduler.naas-system.svc';
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

async function start(
  service: string,
): Promise<{ child: ChildProcess; output: () => string; http: string; api: number }> {
  const [http = 0, api = 0] = await freePorts(2);
  const user = `system:serviceaccount:${namespace}:${service}`;
  const kubeconfig = await loop.plane.kubeconfigFor({ name: user, groups: ['system:authenticated'] });
  const main = new URL(`../../services/${service}/main.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [main], {
    env: {
      KUBECONFIG: kubeconfig,
      NAAS_HTTP_ADDRESS: `127.0.0.1:${http}`,
      NAAS_API_ADDRESS: `127.0.0.1:${api}`,
      NAAS_API_URL: URL_OF_SERVICE,
      NAAS_IMAGE: IMAGE,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += String(chunk)));
  return { child, output: () => text, http: `http://127.0.0.1:${http}`, api };
}

async function answer(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url);
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a caller that trusts `ca` and calls the Service would believe who answers here. */
async function isTrusted(port: number, ca: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const servername = new URL(URL_OF_SERVICE).hostname;
  const socket = connect({ host: '127.0.0.1', port, ca, servername }, () => resolve(socket.authorized));
  socket.once('error', () => resolve(false));
  const trusted = await promise;
  socket.destroy();
  return trusted;
}

test('the scheduler starts as its ServiceAccount, leads, works, shows metrics, and hands over when it is stopped', async () => {
  const first = await start('scheduler');
  await until('ready', () => answer(`${first.http}/readyz`));
  await loop.create('devicea', ledger(['1']));
  await loop.applied('devicea');
  await loop.condition('devicea', 'Ready', 'True Ready');
  const metrics = (await answer(`${first.http}/metrics`)) ?? '';
  for (const line of [
    'naas_inventory_valid 1',
    'naas_scheduler_jobs_total{result="made"} 1',
    'naas_scheduler_jobs_total{result="failed"} 0',
    'leader_election_master_status{name="scheduler"} 1',
  ]) {
    assert.ok(metrics.includes(line), line);
  }
  const second = await start('scheduler');
  await until('second ready', () => answer(`${second.http}/readyz`));
  // Behind one Service: what is published fits whichever replica answers.
  const endpoint = await until('published', () =>
    loop.configMaps.get({ namespace, name: 'scheduler-api' }).catch(() => undefined),
  );
  assert.equal(endpoint.data?.['url'], URL_OF_SERVICE);
  for (const { api } of [first, second]) assert.ok(await isTrusted(api, endpoint.data['ca.crt'] ?? ''));
  first.child.kill('SIGTERM');
  const [code] = (await once(first.child, 'exit')) as [number | null];
  assert.equal(code, 0, first.output());
  await loop.write('devicea', ledger(['1', '2'], { generation: 2 }));
  await loop.applied('devicea');
  const holder = (await client(loop.admin, LEASES).get({ namespace, name: 'scheduler' })).spec
    ?.holderIdentity;
  assert.ok(holder);
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');
  // RBAC that is too narrow shows as a 403 in the log.
  for (const output of [first.output(), second.output()]) assert.doesNotMatch(output, /forbidden/i);
});

test('the device-watcher starts as its ServiceAccount and stops in order', async () => {
  const watcher = await start('device-watcher');
  await until('ready', () => answer(`${watcher.http}/readyz`));
  await until('leads', () => (watcher.output().includes('Became the leader') ? true : undefined));
  watcher.child.kill('SIGTERM');
  const [code] = (await once(watcher.child, 'exit')) as [number | null];
  assert.equal(code, 0, watcher.output());
  assert.doesNotMatch(watcher.output(), /forbidden/i);
});
