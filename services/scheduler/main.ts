/**
 * What is out of date → Jobs; also the HTTP API `POST /configure`, the catalog of devices and the judgement in
 * `Device.status`. Environment beside the common one: NAAS_IMAGE (image of the enforcer), NAAS_API_ADDRESS
 * (host:port), NAAS_API_CERT and NAAS_API_KEY (files; without them the scheduler makes its own certificate).
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Counter, Gauge } from 'prom-client';
import { systemClock } from '../../lib/kube/clock.ts';
import { eventRecorder } from '../../lib/kube/events.ts';
import { parseAddress } from '../../lib/kube/health.ts';
import { leaderElection } from '../../lib/kube/leader-election.ts';
import { runService } from '../../lib/kube/service.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import { apiAuthority } from './api/caller.ts';
import { RENEW_MS, selfSigned, type ServingCertificate } from './api/certificate.ts';
import { publishEndpoint } from './api/endpoint.ts';
import { apiServer } from './api/server.ts';
import { ALL, askStore } from './ask.ts';
import { inventorySource } from './inventory-source.ts';
import { scheduler } from './schedule.ts';
import { createStores } from './stores.ts';

const NAME = 'scheduler';
const DEFAULT_ADDRESS = '127.0.0.1:0';

function setting(name: string): string | undefined {
  return process.env[name] || undefined;
}

/** The certificate of the environment; undefined: the scheduler makes its own. */
async function givenCertificate(): Promise<ServingCertificate | undefined> {
  const [certFile, keyFile] = [setting('NAAS_API_CERT'), setting('NAAS_API_KEY')];
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new Error('NAAS_API_CERT and NAAS_API_KEY name files and go together: set both or none');
  }
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { cert, key };
}

await runService({
  name: NAME,
  async start({ connection, log, metrics, health, namespace, onStop, fail }) {
    const image = setting('NAAS_IMAGE');
    if (image === undefined) throw new Error('NAAS_IMAGE must name the image of the enforcer');
    const { host, port } = parseAddress(setting('NAAS_API_ADDRESS') ?? DEFAULT_ADDRESS);
    const events = eventRecorder({ connection, reportingController: `network.as.a.service/${NAME}`, log });
    const stores = createStores(connection, { namespace, log, metrics });
    const inventory = inventorySource({ connection, namespace, events, log });
    const made = new Counter({
      name: 'naas_scheduler_jobs_total',
      help: 'Jobs that were made, or could not be',
      labelNames: ['result'],
      registers: [metrics.registry],
    });
    const valid = new Gauge({
      name: 'naas_inventory_valid',
      help: '1 while the stored inventory is in order, 0 while the last good one is used in its place',
      registers: [metrics.registry],
    });
    metrics.beforeScrape(() => valid.set(inventory.isValid() ? 1 : 0));
    const work = scheduler({
      ...{ connection, namespace, image, stores, inventory, log, metrics },
      launched: (result) => made.inc({ result }),
    });
    stores.start();

    const asks = askStore(connection, namespace);
    const hosts = [...new Set([host, 'localhost', NAME, `${NAME}.${namespace}.svc`])].filter(
      (name) => name !== '::',
    );
    const given = await givenCertificate();
    const certificate = given ?? (await selfSigned(hosts, systemClock.now()));
    const api = apiServer({
      certificate,
      inventory: () => inventory.current(),
      authority: apiAuthority(connection, namespace),
      async ask(devices, step) {
        const names = devices === 'all' ? [ALL] : devices;
        const ask = { id: randomUUID(), at: systemClock.now(), step };
        const { added, waiting } = await asks.add(names, ask);
        if (devices !== 'all') return { devices: added, waiting };
        return { devices: [...(inventory.current()?.devices.keys() ?? [])], waiting: [] };
      },
      log,
      now: () => systemClock.monotonic(),
    });
    const address = await api.listen(host, port);
    log.info({ address: `${address.address}:${address.port}` }, 'Started API');
    if (given === undefined) {
      const publish = (cert: string): void => {
        publishEndpoint(connection, namespace, { cert, address }).catch((error: unknown) =>
          log.warn({ error: messageOf(error) }, 'Could not publish the certificate of the API'),
        );
      };
      publish(certificate.cert);
      const timer = setInterval(
        () => {
          void selfSigned(hosts, systemClock.now()).then((fresh) => {
            api.useCertificate(fresh);
            publish(fresh.cert);
          });
        },
        Math.min(RENEW_MS, 2 ** 31 - 1),
      );
      timer.unref();
      onStop('server', () => clearInterval(timer));
    }

    health.readyCheck(
      'caches',
      () => (stores.hasSynced() && inventory.hasSynced()) || 'not all is listed yet',
    );
    const election = leaderElection({ connection, namespace, name: NAME, onLost: fail, log, metrics });
    onStop('watches', () => api.close());
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
