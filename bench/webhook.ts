/**
 * How long a review takes: from the HTTPS request to the answer, both webhooks, on this machine, without an API server.
 * The ledger has 1,000 switches with 48 ports, all held by another tenant but those asked for.
 *
 * Usage: node bench/webhook.ts [seconds per row, default 3]
 */
import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { silentLog } from '../lib/kube/log.ts';
import { createMetrics } from '../lib/kube/metrics.ts';
import { BUILT_IN_DEFAULTS } from '../lib/ports/defaults.ts';
import { makeAuthority, makeLeaf } from '../webhooks/certificates/authority.ts';
import { mutateHandler } from '../webhooks/mutate/mutate-handler.ts';
import { loadPolicy } from '../webhooks/policy/policy.ts';
import { admissionServer } from '../webhooks/server.ts';
import { validateHandler } from '../webhooks/validate/validate-handler.ts';
import type { Facts } from '../webhooks/validate/facts.ts';

const SECONDS = Number(process.argv[2] ?? 3);
const PORTS = [5, 48, 96, 480, 4096];

const validity = { from: Date.now() - 60_000, to: Date.now() + 3_600_000 };
const authority = await makeAuthority(validity);
const policy = await loadPolicy();
const holder = { namespace: 'tenant-b', request: 'request-002', uid: 'u-2' };
const ledger = new Map(
  Array.from({ length: 1000 }, (_, i) => [
    `leaf${i}`,
    new Map(Array.from({ length: 48 }, (_, port) => [String(port), holder])),
  ]),
);
const facts: Facts = {
  device: () => ({ portState: () => 'delegable', reservedVlans: [{ from: 1, to: 1 }] }),
  holder: (device, port) => ledger.get(device)?.get(port),
  unreachable: () => false,
};
const server = admissionServer({
  certificate: await makeLeaf(authority, ['127.0.0.1'], validity),
  handlers: {
    '/mutate': mutateHandler({ defaults: () => BUILT_IN_DEFAULTS, expandInPlace: true }),
    '/validate': validateHandler({
      policy,
      facts: () => facts,
      defaults: () => BUILT_IN_DEFAULTS,
      settings: { hideOwners: false, requireTenant: false },
      log: silentLog,
    }),
  },
  log: silentLog,
  metrics: createMetrics(),
});
const { port } = await server.listen('127.0.0.1', 0);
const agent = new Agent({ keepAlive: true, ca: authority.cert, maxSockets: 16 });

function review(ports: number): string {
  const services = Array.from({ length: Math.ceil(ports / 512) }, (_, i) => ({
    ...{ devicename: 'spine', vlan: 10 },
    ports: [`${i * 512}-${Math.min(ports, (i + 1) * 512) - 1}`],
  }));
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'uid-1',
      kind: { group: 'network.as.a.service', version: 'v1', kind: 'Interface' },
      resource: { group: 'network.as.a.service', version: 'v1', resource: 'interfaces' },
      ...{ operation: 'CREATE', namespace: 'tenant-a', name: 'r', userInfo: { username: 'ann' } },
      object: {
        apiVersion: 'network.as.a.service/v1',
        kind: 'Interface',
        metadata: { name: 'r', namespace: 'tenant-a' },
        spec: { services },
      },
    },
  });
}

async function post(path: string, body: string): Promise<void> {
  const sent = httpsRequest({
    ...{ host: '127.0.0.1', port, path, method: 'POST', agent },
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  if (!text.includes('"allowed":true')) throw new Error(`${path}: ${text.slice(0, 200)}`);
}

/** Sends for some seconds, `atOnce` at a time. @returns latencies, ms, sorted */
async function load(path: string, body: string, atOnce: number): Promise<number[]> {
  const taken: number[] = [];
  const end = performance.now() + SECONDS * 1000;
  const sender = async () => {
    while (performance.now() < end) {
      const started = performance.now();
      await post(path, body);
      taken.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  return taken.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
console.log('webhook    ports  at once      rps   p50 ms   p99 ms');
for (const path of ['/mutate', '/validate']) {
  for (const ports of PORTS) {
    const body = review(ports);
    await post(path, body);
    for (const atOnce of ports === 48 ? [1, 16] : [1]) {
      const taken = await load(path, body, atOnce);
      const cells = [path.padEnd(9), String(ports).padStart(6), String(atOnce).padStart(8)];
      const figures = [(taken.length / SECONDS).toFixed(0), at(taken, 0.5), at(taken, 0.99)];
      console.log([...cells, ...figures.map((text) => text.padStart(8))].join(' '));
    }
  }
}
console.log(`memory: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB, sender included`);
agent.destroy();
await server.close();
await policy.close();
