// What `helm test` runs in its Pod: dry runs through the API server, so that admission is asked and nothing is stored.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const { env } = process;
const host = env.KUBERNETES_SERVICE_HOST;
const server = `https://${host.includes(':') ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT}`;
const token = readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8');
const path = `/apis/network.as.a.service/v1/namespaces/${env.NAAS_TEST_NAMESPACE}/interfaces?dryRun=All`;

/** Until then the ways may not be there yet: from this Pod, whose network policies are new, and to webhooks that just started. */
const patience = Date.now() + 15_000;

async function ask(devicename, port) {
  for (;;) {
    const answer = await askOnce(devicename, port).catch((error) => ({
      code: 0,
      ids: [],
      message: `no answer from ${server}: ${error.cause?.message ?? error.message}`,
    }));
    const decided = answer.code !== 0 && !answer.message?.includes('failed calling webhook');
    if (decided || Date.now() > patience) return answer;
    await setTimeout(500);
  }
}

async function askOnce(devicename, port) {
  const response = await fetch(server + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'network.as.a.service/v1',
      kind: 'Interface',
      metadata: { name: 'helm-test' },
      spec: { services: [{ devicename, ports: [port], vlan: Number(env.NAAS_TEST_VLAN) }] },
    }),
    signal: AbortSignal.timeout(20_000),
  });
  const answer = await response.json();
  const ids = (answer.details?.causes ?? []).map(({ reason }) => reason);
  return { code: response.status, ids, message: answer.message };
}

function expect(what, right, answer) {
  console.log(`${right ? 'ok' : 'FAILED'}: ${what}: ${JSON.stringify(answer)}`);
  if (!right) process.exitCode = 1;
}

const unknown = await ask('helm-test-no-such-switch', '1');
expect(
  'a switch that nobody has is denied by the policy with DeviceUnknown',
  unknown.code >= 400 && unknown.ids.includes('DeviceUnknown'),
  unknown,
);
if (env.NAAS_TEST_DEVICE !== '') {
  const free = await ask(env.NAAS_TEST_DEVICE, env.NAAS_TEST_PORT);
  expect(`port ${env.NAAS_TEST_PORT} of ${env.NAAS_TEST_DEVICE} may be asked for`, free.code === 201, free);
}
