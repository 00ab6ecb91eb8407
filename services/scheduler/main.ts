/**
 * What is out of date → Jobs; also the HTTP API `POST /configure`, the catalog of devices and the judgement in
 * `Device.status`. Environment beside what every service reads (lib/kube/service.ts): see {@link readSettings}.
 */
import { randomUUID } from 'node:crypto';
import { Counter, Gauge } from 'prom-client';
import { systemClock } from '../../lib/kube/clock.ts';
import { eventRecorder } from '../../lib/kube/events.ts';
import { leaderElection } from '../../lib/kube/leader-election.ts';
import { runService } from '../../lib/kube/service.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import { apiAuthority } from './api/caller.ts';
import { serveApi } from './api/serve.ts';
import { ALL, askStore } from './ask.ts';
import { deviceMetrics } from './device-metrics.ts';
import { inventorySource } from './inventory-source.ts';
import { scheduler } from './schedule.ts';
import { readSettings } from './settings.ts';
import { createStores, jobsFor } from './stores.ts';

const NAME = 'scheduler';

await runService({
  name: NAME,
  async start({ connection, log, metrics, health, signal, namespace, onStop, fail }) {
    const settings = readSettings(process.env);
    const events = eventRecorder({ connection, reportingController: `network.as.a.service/${NAME}`, log });
    const stores = createStores(connection, { namespace, log, metrics });
    const inventory = inventorySource({ connection, namespace, secret: settings.inventory, events, log });
    const made = new Counter({
      name: 'naas_scheduler_jobs_total',
      help: 'Jobs that were made, or could not be',
      labelNames: ['result'],
      registers: [metrics.registry],
    });
    // Told from the start: growth from nothing is none for Prometheus.
    for (const result of ['made', 'failed']) made.inc({ result }, 0);
    const valid = new Gauge({
      name: 'naas_inventory_valid',
      help: '1 while the stored inventory is in order, 0 while the last good one is used in its place',
      registers: [metrics.registry],
    });
    deviceMetrics(metrics, () => stores.devices.store.list());
    metrics.beforeScrape(() => valid.set(inventory.isValid() ? 1 : 0));
    const work = scheduler({
      ...{ connection, namespace, stores, inventory, log, metrics },
      image: settings.image,
      jobs: settings.jobs,
      launched: (result) => made.inc({ result }),
    });
    stores.start();

    const asks = askStore(connection, namespace);
    const stopApi = await serveApi({
      ...{ connection, namespace, signal, settings: settings.api },
      inventory: () => inventory.current(),
      authority: apiAuthority(connection, namespace),
      async ask(devices, step) {
        const names = devices === 'all' ? [ALL] : devices;
        const ask = { id: randomUUID(), at: systemClock.now(), step };
        const hasJob = (name: string, id: string) => jobsFor(stores, name, id).length > 0;
        const { added, waiting } = await asks.add(names, ask, hasJob);
        if (devices !== 'all') return { devices: added, waiting };
        return { devices: [...(inventory.current()?.devices.keys() ?? [])], waiting: [] };
      },
      log,
      now: () => systemClock.monotonic(),
    });
    onStop('watches', stopApi);

    health.readyCheck(
      'caches',
      () => (stores.hasSynced() && inventory.hasSynced()) || 'not all is listed yet',
    );
    const election = leaderElection({ connection, namespace, name: NAME, onLost: fail, log, metrics });
    onStop('queues', async () => {
      await work.stop();
      await Promise.all([stores.stop(), inventory.stop(), events.stop()]);
    });
    onStop('lease', () => election.stop());
    // A follower is ready too: it takes asks, which the leader finds.
    void election
      .whenLeading()
      .then(() => work.lead())
      .catch((error: unknown) => fail(messageOf(error)));
  },
});
