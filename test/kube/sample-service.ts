// A service for test/kube/service.test.ts. SAMPLE says how it misbehaves.
import { controller } from '../../lib/kube/controller.ts';
import { informer } from '../../lib/kube/informer.ts';
import { leaderElection } from '../../lib/kube/leader-election.ts';
import { CONFIG_MAPS } from '../../lib/kube/resources.ts';
import { keyOf } from '../../lib/kube/types.ts';
import { runService } from '../../lib/kube/service.ts';

const sample = process.env['SAMPLE'];

await runService({
  name: 'sample',
  async start({ connection, log, metrics, health, namespace, onStop, fail }) {
    if (sample === 'bad-start') throw new Error('cannot start');
    const configMaps = informer(connection, CONFIG_MAPS, { namespace, log, metrics });
    const work = controller({
      name: 'sample',
      log,
      metrics,
      sources: [configMaps],
      begin: () => configMaps.store.list().map(keyOf),
      async reconcile(key) {
        log.info({ key }, 'Reconcile began');
        // Still at work when the stop begins, however slow the machine is.
        await new Promise((resolve) => process.once('SIGTERM', () => setTimeout(resolve, 50)));
        log.info({ key }, 'Reconcile ended');
      },
    });
    configMaps.onChange(({ key }) => work.enqueue(key));
    health.readyCheck('configmaps', () => configMaps.hasSynced());
    onStop('watches', () => configMaps.stop());
    onStop('queues', () => work.stop());
    const election = leaderElection({ connection, namespace, name: 'sample', log, metrics, onLost: fail });
    onStop('lease', () => election.stop());
    configMaps.start();
    await election.whenLeading();
    await work.start();
    if (sample === 'bad-promise') void Promise.reject(new Error('nobody caught this'));
    if (sample === 'slow-stop') onStop('service', () => new Promise(() => {}));
    return { stop: async () => log.info({}, 'Service stopped itself') };
  },
});
