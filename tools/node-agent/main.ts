/**
 * The node agent of the local platform: a Node whose containers are local processes of the platform's own bundles.
 * Environment: KUBECONFIG, NAAS_NODE_NAME, NAAS_IMAGE, NAAS_DIST_DIRECTORY, NAAS_STATE_DIRECTORY, NAAS_KUBELET_CA,
 * NAAS_KUBELET_CERTIFICATE, NAAS_KUBELET_KEY, and what every service reads.
 */
import { readFile } from 'node:fs/promises';
import { eventRecorder } from '../../lib/kube/events.ts';
import { runService } from '../../lib/kube/service.ts';
import { startNodeAgent } from './agent.ts';

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} must be set`);
  return value;
}

await runService({
  name: 'node-agent',
  async start({ connection, log, health, namespace, onStop }) {
    const [caPem, cert, key] = await Promise.all(
      ['NAAS_KUBELET_CA', 'NAAS_KUBELET_CERTIFICATE', 'NAAS_KUBELET_KEY'].map((name) =>
        readFile(setting(name), 'utf8'),
      ),
    );
    const events = eventRecorder({
      connection,
      reportingController: 'network.as.a.service/node-agent',
      log,
    });
    onStop('queues', () => events.stop());
    const agent = await startNodeAgent({
      connection,
      log,
      events,
      namespace,
      nodeName: setting('NAAS_NODE_NAME'),
      image: setting('NAAS_IMAGE'),
      dist: setting('NAAS_DIST_DIRECTORY'),
      state: setting('NAAS_STATE_DIRECTORY'),
      tls: { caPem: caPem ?? '', cert: cert ?? '', key: key ?? '' },
    });
    health.readyCheck('node', () => agent.isReady() || 'the node is not registered, or Pods are not watched');
    onStop('watches', () => agent.stop());
  },
});
