/**
 * The admission webhooks as a service.
 *
 * Environment beside what every service reads (lib/kube/service.ts): see {@link readSettings}.
 */
import { runService } from '../lib/kube/service.ts';
import { readSettings } from './settings.ts';
import { startWebhooks } from './webhooks.ts';

await runService({
  name: 'webhooks',
  async start({ connection, log, metrics, health, signal, namespace, onStop }) {
    const settings = readSettings(process.env, namespace);
    let notReady = (): string | undefined => 'starting';
    health.readyCheck('webhooks', () => notReady() ?? true);
    const webhooks = await startWebhooks({ connection, namespace, settings, log, metrics, signal });
    notReady = () => webhooks.notReady();
    onStop('server', () => webhooks.stop());
  },
});
