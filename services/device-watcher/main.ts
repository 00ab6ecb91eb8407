/** Device → ConfigMap model: the part of the ledger that is rendered, in the shape that templates read. */
import { Counter } from 'prom-client';
import { eventRecorder } from '../../lib/kube/events.ts';
import { leaderElection } from '../../lib/kube/leader-election.ts';
import { runService } from '../../lib/kube/service.ts';
import { watchDevices } from './watch.ts';

const NAME = 'device-watcher';

await runService({
  name: NAME,
  async start({ connection, log, metrics, health, namespace, onStop, fail }) {
    const events = eventRecorder({ connection, reportingController: `network.as.a.service/${NAME}`, log });
    const refused = new Counter({
      name: 'naas_model_refused_total',
      help: 'Models not written because a ConfigMap of somebody else has the name',
      registers: [metrics.registry],
    });
    const watcher = watchDevices({
      connection,
      namespace,
      events,
      log,
      metrics,
      refused: () => refused.inc(),
    });
    health.readyCheck('caches', () => watcher.hasSynced() || 'Devices and models are not listed yet');
    const election = leaderElection({ connection, namespace, name: NAME, onLost: fail, log, metrics });
    onStop('watches', () => watcher.stopWatching());
    onStop('queues', async () => {
      await watcher.stopWriting();
      await events.stop();
    });
    onStop('lease', () => election.stop());
    // A follower is ready too: readiness is not leadership.
    void election
      .whenLeading()
      .then(() => watcher.lead())
      .catch((error: unknown) => fail(String(error)));
  },
});
