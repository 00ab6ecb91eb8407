/** What people and programs look at: lists, pages, logs, watches that come and go. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'undici';
import { client } from '../../../../lib/kube/client.ts';
import { INTERFACES, PODS } from '../../../../lib/kube/resources.ts';
import { PLATFORM_NAMESPACE } from '../../../../crds/names.ts';
import { refusable, TENANTS, type Operation } from './stage.ts';

export const list: Operation = {
  name: 'list requests',
  weight: 10,
  async run(stage) {
    const namespace = stage.random.pick(TENANTS);
    await client(stage.tenants[namespace], INTERFACES).list({ namespace });
    return 'listed';
  },
};

/** Health and metrics of every process that has them. */
export const pages: Operation = {
  name: 'read /metrics, /healthz or /readyz',
  weight: 18,
  async run(stage) {
    const served = [...stage.naas.platform.processes.values()].filter(
      ({ httpAddress }) => httpAddress !== undefined,
    );
    const path = stage.random.pick(['metrics', 'healthz', 'readyz']);
    const { httpAddress, name } = stage.random.pick(served);
    try {
      const { statusCode, body } = await request(`http://${httpAddress}/${path}`, { signal: stage.signal });
      await body.dump();
      return `${statusCode}`;
    } catch (error) {
      if (stage.naas.platform.processes.get(name)?.pid !== undefined) return 'no answer: it is starting';
      return `no answer: ${error instanceof Error ? error.name : 'unknown'}`;
    }
  },
};

/** Log of some enforcer's Pod, through API server and node agent. */
export const logs: Operation = {
  name: 'read the log of an enforcer',
  weight: 4,
  async run(stage) {
    const { items } = await client(stage.admin, PODS).list({ namespace: PLATFORM_NAMESPACE });
    if (items.length === 0) return 'there is none';
    const { name } = stage.random.pick(items).metadata;
    return refusable(stage, 'read', () =>
      stage.admin.request<string>({
        method: 'GET',
        path: `/api/v1/namespaces/${PLATFORM_NAMESPACE}/pods/${name}/log`,
      }),
    );
  },
};

/** A person with `kubectl get interfaces --watch`, who leaves after a while. */
export const watch: Operation = {
  name: 'kubectl get interfaces --watch, for a while',
  weight: 4,
  async run({ naas, random, signal }) {
    const { kubectl, kubeconfig, directory } = naas.platform;
    const stays = AbortSignal.timeout(3000 + random.below(25_000));
    const child = spawn(
      kubectl,
      ['--context', random.pick([...TENANTS, 'admin']), 'get', 'interfaces', '--watch'],
      {
        env: {
          KUBECONFIG: kubeconfig,
          KUBECACHEDIR: `${directory}/kubectl-cache`,
          PATH: process.env['PATH'] ?? '',
        },
        stdio: 'ignore',
        signal: AbortSignal.any([stays, signal]),
      },
    );
    child.once('error', () => undefined);
    await once(child, 'close').catch(() => undefined);
    return child.exitCode === null ? 'left' : `ended with ${child.exitCode}`;
  },
};
