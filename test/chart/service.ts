import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../tools/controlplane/free-port.ts';
import type { ControlPlane } from '../../tools/controlplane/start.ts';
import { ROOT } from './chart.ts';

/**
 * Starts a service of an installed chart as its account and waits until it is ready; the function ends it.
 * @param given.namespace the release's
 */
export async function startService(
  plane: ControlPlane,
  given: { namespace: string; service: string; environment?: Readonly<Record<string, string>> },
): Promise<() => Promise<void>> {
  const { namespace, service, environment = {} } = given;
  const [port = 0] = await freePorts(1);
  const main = service === 'webhooks' ? 'webhooks/main.ts' : `services/${service}/main.ts`;
  const child = spawn(process.execPath, [join(ROOT, main)], {
    env: {
      KUBECONFIG: await plane.kubeconfigFor({
        name: `system:serviceaccount:${namespace}:${service}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
      }),
      NAAS_NAMESPACE: namespace,
      NAAS_HTTP_ADDRESS: `127.0.0.1:${port}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = text(child.stdout);
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  after(stop);
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return stop;
    await delay(50);
  }
  throw new Error(`${service} ended: ${await output}`);
}
