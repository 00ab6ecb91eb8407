/** Tenant → its namespace, its members' bindings, its limits for them to read, and what it uses. */
import { leaderElection } from '../../lib/kube/leader-election.ts';
import { runService } from '../../lib/kube/service.ts';
import { watchTenants } from './watch.ts';

const NAME = 'tenant-controller';

await runService({
  name: NAME,
  async start({ connection, log, metrics, health, namespace, onStop, fail }) {
    const watcher = watchTenants({ connection, platform: namespace, log, metrics });
    health.readyCheck('caches', () => watcher.hasSynced() || 'the caches are not filled yet');
    const election = leaderElection({ connection, namespace, name: NAME, onLost: fail, log, metrics });
    onStop('watches', () => watcher.stopWatching());
    onStop('queues', () => watcher.stopWriting());
    onStop('lease', () => election.stop());
    // A follower is ready too: readiness is not leadership.
    void election
      .whenLeading()
      .then(() => watcher.lead())
      .catch((error: unknown) => fail(String(error)));
  },
});
