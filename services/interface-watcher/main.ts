import { GROUP } from '../../crds/names.ts';
import { eventRecorder } from '../../lib/kube/events.ts';
import { flag } from '../../lib/kube/flag.ts';
import { leaderElection } from '../../lib/kube/leader-election.ts';
import { runService } from '../../lib/kube/service.ts';
import { watcher } from './watcher.ts';

const NAME = 'interface-watcher';

/**
 * Claims ports for Interfaces on the Device ledgers and reports how far they are.
 * Environment, besides that of every service: NAAS_HIDE_OWNERS=true keeps other tenants' names out of messages;
 * NAAS_REQUIRE_TENANT=true gives nothing to a namespace without Tenant.
 */
await runService({
  name: NAME,
  async start({ connection, log, metrics, health, namespace, onStop, fail }) {
    const events = eventRecorder({ connection, reportingController: `${GROUP}/${NAME}`, log });
    const hideOwners = flag(process.env, 'NAAS_HIDE_OWNERS', false);
    const requireTenant = flag(process.env, 'NAAS_REQUIRE_TENANT', false);
    const watch = watcher({ connection, namespace, log, metrics, events, hideOwners, requireTenant });
    // The caches are filled before the lead comes, so that a new leader begins at once.
    watch.watch();
    health.readyCheck('caches', () => watch.hasSynced() || 'the caches are not filled yet');
    // R7: leading saves work and nothing else.
    const election = leaderElection({ connection, namespace, name: NAME, log, metrics, onLost: fail });
    onStop('watches', () => watch.stopWatching());
    onStop('queues', () => watch.stopWorking());
    onStop('service', () => events.stop());
    onStop('lease', () => election.stop());
    void election
      .whenLeading()
      .then(() => watch.start())
      .catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
  },
});
